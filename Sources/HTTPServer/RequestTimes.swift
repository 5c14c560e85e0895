import Base

// DESIGN
// A request is counted by two additions and no clock: the turn of the loop in which it was read is known already, and
// the end of the turn in which it was answered is read once for all answers of that turn. So the time of a request goes
// from the beginning of the turn that read it to the end of the turn that answered it. That is all the server adds: the
// wait for the store, and the turn's other work, which the buyer waits for too. The time in the socket before the turn
// is not in it. Answers of one kind to requests of one turn are counted as a run, so a turn of a thousand polls costs
// one step more than a turn of one.

/// How many answers a server gave, of which class, and how long they took, by the kind that the handler gives requests.
public struct RequestTimes: Sendable {
    public static let kinds = 8
    /// Upper bounds of the buckets; a last one takes what is above.
    public static let boundsMicroseconds: [Int64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    ]
    private static let statusClasses = 6  // 1xx...5xx at 1...5
    private static let bucketCount = boundsMicroseconds.count + 1

    private struct Run: Sendable {
        var start: MonotonicInstant
        var count: UInt64
        var kind: UInt8
    }

    private var isTimed = false
    private var answers = [UInt64](repeating: 0, count: kinds * statusClasses)
    private var buckets = [UInt64](repeating: 0, count: kinds * bucketCount)
    private var nanoseconds = [Int64](repeating: 0, count: kinds)
    private var runs: [Run] = []  // answered in this turn
    private var run = Run(start: MonotonicInstant(nanoseconds: 0), count: 0, kind: 0)

    public init() {}

    /// Answers of a kind whose status is `hundreds`xx.
    public func answers(kind: Int, hundreds: Int) -> UInt64 { answers[kind * Self.statusClasses + hundreds] }

    /// Requests of a kind that took as long as each bucket says, upwards.
    public func buckets(kind: Int) -> [UInt64] {
        Array(buckets[kind * Self.bucketCount..<(kind + 1) * Self.bucketCount])
    }

    /// All their times together.
    public func nanoseconds(kind: Int) -> Int64 { nanoseconds[kind] }

    public mutating func add(_ other: RequestTimes) {
        for index in answers.indices { answers[index] += other.answers[index] }
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        for index in nanoseconds.indices { nanoseconds[index] &+= other.nanoseconds[index] }
    }

    /// From now on times are measured as well; `turnEnded` must follow each turn.
    mutating func measure() { isTimed = true }

    /// One answer whose time is not measured: the request was refused before it had a kind.
    mutating func refused(status: Int) { answers[status / 100] &+= 1 }

    /// One answer, to a request that was read in the turn which began at `start`.
    @inline(__always)
    mutating func answered(kind: UInt8, status: Int, start: MonotonicInstant) {
        answers[Int(kind) * Self.statusClasses + status / 100] &+= 1
        guard isTimed else { return }
        if run.kind == kind, run.start == start {
            run.count &+= 1
        } else {
            next(kind, start)
        }
    }

    private mutating func next(_ kind: UInt8, _ start: MonotonicInstant) {
        if run.count > 0 { runs.append(run) }
        run = Run(start: start, count: 1, kind: kind)
    }

    /// True when answers were given since the last `turnEnded`.
    var isWaiting: Bool { run.count > 0 }

    /// The turn that gave the answers has ended.
    mutating func turnEnded(now: MonotonicInstant) {
        for run in runs { record(run, now) }
        runs.removeAll(keepingCapacity: true)
        record(run, now)
        run.count = 0
        run.start = MonotonicInstant(nanoseconds: 0)
    }

    private mutating func record(_ run: Run, _ now: MonotonicInstant) {
        let time = (now - run.start).nanoseconds
        var bucket = 0
        while bucket < Self.boundsMicroseconds.count, time > Self.boundsMicroseconds[bucket] * 1_000 { bucket += 1 }
        buckets[Int(run.kind) * Self.bucketCount + bucket] += run.count
        nanoseconds[Int(run.kind)] &+= time &* Int64(clamping: run.count)
    }
}
