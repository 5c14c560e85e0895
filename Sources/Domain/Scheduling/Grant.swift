/// What the scheduler permits a worker: how many winners of an item it may have taken in all since the term began.
///
/// The number is a total, so that the next grant repairs a lost one, and a doubled one changes nothing.
public struct Grant: Sendable, Equatable {
    public var term: Int64
    public var item: ItemName
    public var allowance: Int64  // winners, cumulative in this term
    /// The worker takes something only while it has fewer than this in flight, of all items together; nil: at once.
    public var limit: Int64?
    /// The incarnation whose winners the allowance counts; nil for a worker of a release without incarnations.
    public var incarnation: UInt64?

    public init(term: Int64, item: ItemName, allowance: Int64, limit: Int64? = nil, incarnation: UInt64? = nil) {
        self.term = term
        self.item = item
        self.allowance = allowance
        self.limit = limit
        self.incarnation = incarnation
    }
}
