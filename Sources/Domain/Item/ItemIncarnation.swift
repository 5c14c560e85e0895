/// One item that was created once. An item that is deleted and created again under the same name is another one.
public struct ItemIncarnation: Hashable, Sendable, CustomStringConvertible {
    public var name: ItemName
    /// Nil: whichever item has the name now, as messages of releases without incarnations mean it.
    public var number: UInt64?

    public init(_ name: ItemName, _ number: UInt64?) {
        self.name = name
        self.number = number
    }

    public var description: String { number.map { "\(name) \(Self.text($0))" } ?? "\(name)" }

    /// As the store, messages and tables write it: 16 hex digits.
    public static func text(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
