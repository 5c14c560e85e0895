// DESIGN
// A grant pays for the first call of its purchase. Every other call to what stands behind a sink (a purchase that is
// asked for again, one that was in doubt, one whose grant has become too old) needs a token of the group as well, else
// several workers together pass what the group can bear. The worker says how many such calls wait; the scheduler
// answers with a number, absolute and cumulative as a grant's, and whatever the worker can't use at once lapses: a
// token that is kept for later would be a call too many then.

/// What a worker says of its calls that no purchase's grant pays for.
public struct RepeatReport: Sendable, Equatable {
    public var wanted: Int64  // calls that wait for leave, and could go out now
    public var allowance: Int64  // highest seen in this term; all of it is used or given up
    /// Of those that the report counts in flight, how many only rest.
    public var crowded: Int64

    public init(wanted: Int64, allowance: Int64, crowded: Int64 = 0) {
        self.wanted = wanted
        self.allowance = allowance
        self.crowded = crowded
    }

    /// One line: `!repeats wanted allowance crowded`.
    var line: String { "!repeats \(wanted) \(allowance) \(crowded)" }

    /// From the words after `!repeats`.
    init?(_ reader: inout FrameReader) {
        guard let wanted = reader.number(), let allowance = reader.number(), let crowded = reader.number() else {
            return nil
        }
        self.init(wanted: wanted, allowance: allowance, crowded: crowded)
    }
}

/// What the scheduler tells a worker: how many such calls it may have made in all, since the term began.
public struct RepeatGrant: Sendable, Equatable {
    public var term: Int64
    public var allowance: Int64  // calls, cumulative in this term

    public init(term: Int64, allowance: Int64) {
        self.term = term
        self.allowance = allowance
    }

    /// A message of its own, which a worker that knows nothing of it takes for none: `!repeats term allowance`.
    public func encode() -> String { "!repeats \(term) \(allowance)" }

    /// Nil for anything but this one line.
    public static func decode(_ payload: [UInt8]) -> RepeatGrant? {
        var reader = FrameReader(payload)
        guard reader.nextRow(), reader.word() == "!repeats", let term = reader.number(),
            let allowance = reader.number(), reader.isDone()
        else { return nil }
        return RepeatGrant(term: term, allowance: allowance)
    }
}
