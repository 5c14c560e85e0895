import Base

/// A measurement round: the replies to the first calls that were sent after the last decision. The round waits for each
/// of them. A controller that took the first replies instead would take the fast ones, and would believe the group
/// faster from round to round.
struct LatencyRound: Sendable {
    static let mostReplies = 4_096
    private static let longest = 3_600_000_000.0  // microseconds, a call
    private static let shortest: Int64 = 100  // microseconds, a round
    private static let keptWhole: Int64 = 100  // replies; of more, half is forgotten after a pause
    private static let nearlyAllTenths: Int64 = 9  // of the calls of a round
    private static let lateReplyMargin: Int64 = 4

    private let began: MonotonicInstant
    private var sent: Int64 = 0
    private var closedAt: MonotonicInstant?  // enough were sent
    private var lateReplies: Int64 = 0  // replies to calls that were sent after that
    private(set) var times: [Double] = []  // of the replies to calls of the round, microseconds
    private var firstAt: MonotonicInstant?  // the first of those
    private var deliveredFirst: Int64 = 0
    private(set) var delivered: Int64 = 0  // all replies
    private(set) var failed: Int64 = 0  // of all
    private(set) var wasFull = false  // the window was used up at least once

    init(began: MonotonicInstant) { self.began = began }

    /// Begins anew and keeps errors, which count also where there is little to send.
    init(after last: LatencyRound, now: MonotonicInstant) {
        began = now
        let share: Int64 = last.delivered > Self.keptWhole ? 2 : 1
        (delivered, failed) = (last.delivered / share, last.failed / share)
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

    /// `count` calls will not come back. Where too few are left, the next calls that are sent belong to the round too.
    mutating func withdrawn(_ count: Int64, need: Int) {
        sent = max(Int64(times.count), sent - count)
        guard closedAt != nil, sent * 10 < Int64(need) * Self.nearlyAllTenths else { return }
        closedAt = nil
        lateReplies = 0
    }

    /// Whether there was a reply or a full window since it began.
    var isTouched: Bool { delivered > 0 || wasFull }

    /// Whether every call of the round has come back; or nearly every call, and so many later ones that the missing
    /// calls are lost or were counted as later ones, since nobody sees to the microsecond when a call was sent. The
    /// round may be over with nothing measured.
    var isOver: Bool {
        guard closedAt != nil else { return false }
        let back = Int64(times.count)
        if back >= min(sent, Int64(Self.mostReplies)) || lateReplies >= 2 * sent { return true }
        return lateReplies * 2 >= sent + Self.lateReplyMargin && back * 10 >= sent * Self.nearlyAllTenths
    }

    /// What one round shows.
    struct Finding {
        var count: Double
        var median: Double  // microseconds
        var mean: Double  // microseconds; a time counts for some medians at most: a pause is not load
        var rate: Double  // per 1,000 s, between the first and the last reply, so that the last window does not count
        var wasFull: Bool
    }

    /// Nil where nothing was measured.
    func finding(_ tuning: LatencyController.Tuning, window: Double, now: MonotonicInstant) -> Finding? {
        guard !times.isEmpty else { return nil }
        let sorted = times.sorted()
        let median = sorted[sorted.count / 2]
        let count = Double(sorted.count)
        var sum = 0.0
        for time in sorted { sum += min(time, tuning.mostMedians * median) }
        let mean = sum / count
        let span = max(Self.shortest, (now - (firstAt ?? now)).wholeMicroseconds)
        let measured = Double(RateMemory.rate(delivered - deliveredFirst, microseconds: span))
        // Few replies may come close together by chance: the rate cannot be more than the window over the latency.
        let rate = min(measured, tuning.mostRate * max(1, window.rounded()) * 1e9 / mean)
        return Finding(count: count, median: median, mean: mean, rate: rate, wasFull: wasFull)
    }
}
