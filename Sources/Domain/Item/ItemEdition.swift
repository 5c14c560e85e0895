/// Number of the last change of an item by an operator: what an operator saw before a change. A sale never changes it.
public struct ItemEdition: Sendable, Equatable, CustomStringConvertible {
    public var incarnation: UInt64
    public var number: Int64

    public init(incarnation: UInt64, number: Int64) {
        self.incarnation = incarnation
        self.number = number
    }

    /// From a description; nil where the text is none.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, let incarnation = UInt64(parts[0], radix: 16),
            let number = Int64(parts[1]), number >= 0
        else { return nil }
        self.init(incarnation: incarnation, number: number)
    }

    public var description: String { "\(ItemIncarnation.text(incarnation))-\(number)" }
}
