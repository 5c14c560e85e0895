/// A promise of the sale that can be seen broken from outside.
public enum Breach: String, Sendable, CaseIterable {
    /// One user has two places.
    case secondPlace = "second-place"
    /// Two users have the same ticket or the same sequence.
    case sharedPlace = "shared-place"
    /// A ticket's sequence is not what it was.
    case placeChanged = "place-changed"
    /// A final answer is not what it was.
    case finalChanged = "final-changed"
    /// More units sold than there are.
    case oversold = "oversold"
    /// Buyers were told "sold out" while units are left.
    case unsold = "unsold"
    /// A winner came after a loser.
    case orderBroken = "order-broken"
    /// A buyer with a ticket was told what only buyers without one may be told.
    case holderRefused = "holder-refused"
    /// An accepted ticket has no final answer at the deadline.
    case notTold = "not-told"
    /// A buyer never got any answer, or a final one could not be read again.
    case unanswered = "unanswered"
    /// The item's own figures are not those of the buyers.
    case itemDisagrees = "item-disagrees"
    /// An answer that the HTTP contract does not allow.
    case contract = "contract"
}

/// How often one promise was broken, with the first few examples.
public struct BreachReport: Sendable, Equatable, Encodable {
    static let exampleLimit = 5
    public let kind: String
    public internal(set) var count: Int64 = 0
    public internal(set) var examples: [String] = []
}
