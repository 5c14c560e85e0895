/// What an operator saw of an item: another one after every change by an operator, and never by a sale.
public struct ItemEdition: Sendable, Equatable, CustomStringConvertible {
    public var incarnation: UInt64
    public var number: Int64

    public init(incarnation: UInt64, number: Int64) {
        self.incarnation = incarnation
        self.number = number
    }

    /// From its description; nil where it is none.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, let incarnation = UInt64(parts[0], radix: 16),
            let number = Int64(parts[1]), number >= 0
        else { return nil }
        self.init(incarnation: incarnation, number: number)
    }

    public var description: String { "\(ItemIncarnation.text(incarnation))-\(number)" }
}
