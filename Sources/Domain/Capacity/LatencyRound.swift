import Base

/// Replies since a decision (a measurement round): those to the first calls that were sent after it, every one of them
/// waited for. A controller that takes the first replies instead takes the fast ones, and believes the group faster
/// from round to round.
struct LatencyRound: Sendable {
    static let mostReplies = 4_096
    private static let longest = 3_600_000_000.0  // microseconds, a call

    private let began: MonotonicInstant
    private var sent: Int64 = 0
    private var closedAt: MonotonicInstant?  // enough were sent
    private var lateReplies: Int64 = 0  // to calls sent after that
    private(set) var times: [Double] = []  // of the replies to calls of the round, microseconds
    private var firstAt: MonotonicInstant?  // the first of those
    private var deliveredFirst: Int64 = 0
    private(set) var delivered: Int64 = 0  // all replies
    private(set) var failed: Int64 = 0  // of all
    private(set) var wasFull = false  // the window was used up once at least

    init(began: MonotonicInstant) { self.began = began }

    /// Begins anew, with the errors of before in mind: they count also where there is little to send.
    init(after rested: LatencyRound, now: MonotonicInstant) {
        began = now
        let share: Int64 = rested.delivered > 100 ? 2 : 1
        (delivered, failed) = (rested.delivered / share, rested.failed / share)
    }

    mutating func sent(_ count: Int64, need: Int, fills: Bool, now: MonotonicInstant) {
        if fills { wasFull = true }
        guard closedAt == nil else { return }
        sent += count
        if sent >= need { closedAt = now }
    }

    /// - Parameters:
    ///   - latency: of the call itself.
    ///   - age: how long ago it was sent, as far as is known.
    mutating func take(_ latency: TimeSpan, sentFor age: TimeSpan, isAnswered: Bool, now: MonotonicInstant) {
        delivered += 1
        if !isAnswered { failed += 1 }
        guard now - began >= age else { return }
        if let closedAt, age < now - closedAt {
            lateReplies += 1
            return
        }
        if firstAt == nil {
            firstAt = now
            deliveredFirst = delivered
        }
        if times.count < Self.mostReplies { times.append(min(max(1, Double(latency.wholeMicroseconds)), Self.longest)) }
    }

    /// So many calls will not come back. Where too few are left, the next ones that are sent belong to the round too.
    mutating func withdrawn(_ count: Int64, need: Int) {
        sent = max(Int64(times.count), sent - count)
        guard closedAt != nil, sent * 10 < Int64(need) * 9 else { return }
        closedAt = nil
        lateReplies = 0
    }

    /// Whether anything was heard or filled since it began.
    var isTouched: Bool { delivered > 0 || wasFull }

    /// Every call of the round has come back; or nearly, and so many later ones that the rest were lost or are taken
    /// for later ones, since no call is seen to leave to the microsecond. It may be over with nothing measured.
    var isOver: Bool {
        guard closedAt != nil else { return false }
        let back = Int64(times.count)
        return back >= min(sent, Int64(Self.mostReplies)) || lateReplies * 2 >= sent + 4 && back * 10 >= sent * 9
            || lateReplies >= 2 * sent
    }

    /// What one round said.
    struct Finding {
        var count: Double
        var median: Double  // microseconds
        var mean: Double  // microseconds; what is above four medians counts as four: a pause is not load
        var rate: Double  // per 1,000 s, between the first and the last reply, so that the last window does not count
        var wasFull: Bool
    }

    /// Nil where nothing was measured.
    func finding(window: Double, mostMedians: Double, now: MonotonicInstant) -> Finding? {
        guard !times.isEmpty else { return nil }
        let sorted = times.sorted()
        let median = sorted[sorted.count / 2]
        let count = Double(sorted.count)
        var sum = 0.0
        for time in sorted { sum += min(time, mostMedians * median) }
        let mean = sum / count
        let span = max(100, (now - (firstAt ?? now)).wholeMicroseconds)
        let measured = Double(RateMemory.rate(delivered - deliveredFirst, microseconds: span))
        // Few replies may come close together by chance; more than the window at this latency it cannot have been.
        let rate = min(measured, 1.1 * max(1, window.rounded()) * 1e9 / mean)
        return Finding(count: count, median: median, mean: mean, rate: rate, wasFull: wasFull)
    }
}
