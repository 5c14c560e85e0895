// DESIGN
// A grant pays for the first call of its purchase. Every other call to what stands behind a sink (a purchase that is
// asked for again, one that was in doubt, one whose grant has become too old) needs a token of the group as well, else
// several workers together pass what the group can bear. The worker says how many such calls wait; the scheduler
// answers with a number, absolute and cumulative as a grant's, and whatever the worker can't use at once lapses: a
// token that is kept for later would be a call too many then.

/// What a worker reports of its calls that no purchase's grant pays for.
public struct RetryReport: Sendable, Equatable {
    public var wanted: Int64  // calls that wait for a permit, and could go out now
    public var allowance: Int64  // highest seen in this term; all of it is used or given up
    /// Of those that the report counts in flight, how many only await their retry.
    public var awaiting: Int64

    public init(wanted: Int64, allowance: Int64, awaiting: Int64 = 0) {
        self.wanted = wanted
        self.allowance = allowance
        self.awaiting = awaiting
    }
}

/// What the scheduler tells a worker: how many such calls it may have made in all, since the term began.
public struct RetryGrant: Sendable, Equatable {
    public var term: Int64
    public var allowance: Int64  // calls, cumulative in this term

    public init(term: Int64, allowance: Int64) {
        self.term = term
        self.allowance = allowance
    }
}
