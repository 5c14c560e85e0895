import Base

/// A value that must not be printed: its description is a mask, in logs, errors and debuggers alike.
public struct Secret<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The value itself.
    public let exposed: Value

    public init(_ value: Value) { exposed = value }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The keys that sign tickets: 32 bytes each; tickets of either are valid, new ones get `current`.
public struct TicketKeys: Sendable, Equatable {
    public let current: [UInt8]
    public let previous: [UInt8]?

    /// The current one first.
    public var all: [[UInt8]] { [current] + (previous.map { [$0] } ?? []) }
}

private let cure = "; make one with: head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \\n' > FILE"

extension OptionKind where Value == Secret<TicketKeys> {
    /// 32 bytes as 64 hex digits, one key a line, the current one first, at most two. Empty lines do not count.
    public static var ticketKeys: OptionKind {
        OptionKind(
            "HEX", form: .secret,
            parse: { text throws(BadValue) in
                let lines = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }
                guard !lines.isEmpty else { throw BadValue("64 hex digits, and it is empty" + cure) }
                guard lines.count <= 2 else {
                    throw BadValue("one key, or two during a rotation, one a line, and it has \(lines.count)")
                }
                var keys: [[UInt8]] = []
                for (index, line) in lines.enumerated() {
                    guard line.utf8.count == 64 else {
                        throw BadValue(
                            "64 hex digits a line, and key \(index + 1) has \(line.utf8.count) characters" + cure)
                    }
                    guard let key = bytes(hex: line) else {
                        throw BadValue("64 hex digits a line, and key \(index + 1) has something else in it" + cure)
                    }
                    keys.append(key)
                }
                guard keys.count == 1 || keys[0] != keys[1] else {
                    throw BadValue("two different keys, and they are the same")
                }
                return Secret(TicketKeys(current: keys[0], previous: keys.count == 2 ? keys[1] : nil))
            }, render: { _ in "***" })
    }

    /// Nil where `hex` is not pairs of hexadecimal digits.
    static func bytes(hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.compactMap { UInt8(hexDigit: $0) }
        guard digits.count == hex.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension OptionKind where Value == Secret<String> {
    /// One line of 32...512 printable ASCII characters without blanks.
    public static var token: OptionKind {
        OptionKind(
            "TOKEN", form: .secret,
            parse: { text throws(BadValue) in
                let line = try onlyLine(of: text, cure)
                guard line.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                    throw BadValue("printable ASCII without blanks" + cure)
                }
                guard (32...512).contains(line.utf8.count) else {
                    throw BadValue("32 to 512 characters long, and it has \(line.utf8.count)" + cure)
                }
                return Secret(String(line))
            }, render: { _ in "***" })
    }
}

/// The one line of `text` that is not empty.
func onlyLine(of text: String, _ cure: String) throws(BadValue) -> Substring {
    let lines = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }
    guard lines.count == 1 else { throw BadValue("one line, and it has \(lines.count)" + cure) }
    return lines[0]
}

/// `text` without blanks and tabs at its ends.
func trimmed(_ text: Substring) -> Substring {
    var kept = text
    while let first = kept.first, first == " " || first == "\t" { kept.removeFirst() }
    while let last = kept.last, last == " " || last == "\t" { kept.removeLast() }
    return kept
}
