// DESIGN
// A grant pays for the first call of its purchase. Every other call to the service behind a sink (a retry, a call for a
// purchase that was in doubt, a first call whose grant has become too old) needs a token of the group as well, else
// several workers together exceed what the group can bear. The worker reports how many such calls wait. The scheduler
// answers with a number of permits, which is a total as that of a grant. A permit that the worker can't use at once
// lapses: a token that is kept for later would be a call too many then.

/// What a worker reports of its calls that no grant pays for: its retries.
public struct RetryReport: Sendable, Equatable {
    public var wanted: Int64  // calls that wait for a permit, and could go out now
    public var allowance: Int64  // highest seen in this term; all of it is used or lapsed
    /// How many of those that the report counts in flight only await their retry.
    public var awaiting: Int64

    public init(wanted: Int64, allowance: Int64, awaiting: Int64 = 0) {
        self.wanted = wanted
        self.allowance = allowance
        self.awaiting = awaiting
    }
}

/// What the scheduler permits a worker: how many retries it may have made in all since the term began.
public struct RetryGrant: Sendable, Equatable {
    public var term: Int64
    public var allowance: Int64  // calls, cumulative in this term

    public init(term: Int64, allowance: Int64) {
        self.term = term
        self.allowance = allowance
    }
}
