/// An item as one that was made once: a name that is deleted and made again is another item.
public struct ItemIncarnation: Hashable, Sendable, CustomStringConvertible {
    public var name: ItemName
    /// Nil: whichever has the name now; so say programs from before incarnations were told.
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
