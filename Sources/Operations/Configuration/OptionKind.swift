public import Base
import Domain

/// How the text of an option becomes a value, and the value a text again.
public struct OptionKind<Value: Sendable>: Sendable {
    let placeholder: String
    let form: OptionDeclaration.Form
    let bounds: ClosedRange<Int>?
    let parse: @Sendable (String) throws(BadValue) -> Value
    let render: @Sendable (Value) -> String

    public init(
        _ placeholder: String, form: OptionDeclaration.Form = .value, bounds: ClosedRange<Int>? = nil,
        parse: @escaping @Sendable (String) throws(BadValue) -> Value,
        render: @escaping @Sendable (Value) -> String
    ) {
        self.placeholder = placeholder
        self.form = form
        self.bounds = bounds
        self.parse = parse
        self.render = render
    }
}

extension OptionKind where Value == String {
    /// Any text of 1...1024 printable characters.
    public static var text: OptionKind { matching("TEXT", "printable text") { _ in true } }

    public static var path: OptionKind { matching("PATH", "a path") { _ in true } }

    /// A name as items have it: `[A-Za-z0-9_-]{1,64}`.
    public static var name: OptionKind {
        matching("NAME", "1 to 64 letters, digits, _ or -") { ItemName($0) != nil }
    }

    /// The URL of a store, as `RedisEndpoint` reads it. Its password is never shown.
    public static var redisURL: OptionKind {
        let form = "redis://[user[:password]@]host[:port][/database] or unix:///path/to/socket"
        return OptionKind(
            "URL", form: .sensitive,
            parse: { text throws(BadValue) in
                guard isPrintable(text) else { throw BadValue(form) }
                do throws(RedisEndpointError) {
                    _ = try RedisEndpoint(url: text)
                } catch {
                    throw BadValue(error == .unknownScheme ? form : "\(form): \(error)")
                }
                return text
            }, render: maskPassword)
    }

    public static var httpURL: OptionKind {
        OptionKind(
            "URL", form: .sensitive,
            parse: { text throws(BadValue) in
                guard isPrintable(text), text.hasPrefix("http://"), text.utf8.count > 7 else {
                    throw BadValue("http://host[:port]")
                }
                return text
            }, render: maskPassword)
    }

    private static func matching(
        _ placeholder: String, _ expected: String, _ rule: @escaping @Sendable (String) -> Bool
    ) -> OptionKind {
        OptionKind(
            placeholder,
            parse: { text throws(BadValue) in
                guard isPrintable(text), rule(text) else { throw BadValue(expected) }
                return text
            }, render: { $0 })
    }

    private static func isPrintable(_ text: String) -> Bool {
        (1...1024).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// Replaces what stands between `//` and the last `@` of the authority by `***`, but keeps a lone user name.
    @Sendable private static func maskPassword(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let slashes = url.firstRange(of: "//"), slashes.upperBound < at,
            let colon = url[slashes.upperBound..<at].firstIndex(of: ":")
        else { return url }
        return url[...colon] + "***" + url[at...]
    }
}

extension OptionKind where Value == Int {
    public static func integer(_ range: ClosedRange<Int>) -> OptionKind {
        OptionKind(
            "N", bounds: range,
            parse: { text throws(BadValue) in
                guard let value = plainInteger(text), range.contains(value) else {
                    throw BadValue("an integer from \(range.lowerBound) to \(range.upperBound)")
                }
                return value
            }, render: { String($0) })
    }

    /// Digits only: no sign but a minus, no leading plus, no blanks.
    static func plainInteger(_ text: String) -> Int? { text.hasPrefix("+") ? nil : Int(text) }
}

extension OptionKind where Value == Int64? {
    /// An integer, or `none` for no limit.
    public static func limit(_ range: ClosedRange<Int64>) -> OptionKind {
        let bounds = Int(range.lowerBound)...Int(range.upperBound)
        return OptionKind(
            "N|none", bounds: bounds,
            parse: { text throws(BadValue) in
                if text == "none" { return nil }
                guard let value = OptionKind<Int>.plainInteger(text), bounds.contains(value) else {
                    throw BadValue("none or an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
                }
                return Int64(value)
            }, render: { $0.map { String($0) } ?? "none" })
    }
}

extension OptionKind where Value == TimeSpan {
    /// Whole milliseconds.
    public static func milliseconds(_ range: ClosedRange<Int>) -> OptionKind<TimeSpan> {
        let integer = OptionKind<Int>.integer(range)
        return OptionKind(
            "MS", bounds: range,
            parse: { text throws(BadValue) in
                do throws(BadValue) {
                    return .milliseconds(Int64(try integer.parse(text)))
                } catch {
                    throw BadValue("milliseconds, " + error.expected)
                }
            }, render: { String($0.wholeMilliseconds) })
    }
}

extension OptionKind where Value == Bool {
    /// `true` or `false`; as a flag it may stand alone.
    public static var toggle: OptionKind {
        OptionKind(
            "true|false", form: .toggle,
            parse: { text throws(BadValue) in
                guard let value = Bool(text) else { throw BadValue("true or false") }
                return value
            }, render: { String($0) })
    }
}

extension OptionKind where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One word of a list.
    public static func choice() -> OptionKind {
        let words = Value.allCases.map(\.rawValue)
        return OptionKind(
            words.joined(separator: "|"),
            parse: { text throws(BadValue) in
                if let value = Value(rawValue: text) { return value }
                throw BadValue("one of " + words.joined(separator: ", "))
            }, render: { $0.rawValue })
    }
}

extension OptionKind where Value == ListenAddress {
    public static var listenAddress: OptionKind {
        OptionKind(
            "HOST:PORT",
            parse: { text throws(BadValue) in
                guard let address = ListenAddress(text) else {
                    throw BadValue(
                        "a numeric address and a port, such as 127.0.0.1:8080 or [::1]:8080 (port 0: any free one)")
                }
                return address
            }, render: { $0.description })
    }
}
