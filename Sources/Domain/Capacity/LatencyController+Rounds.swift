import Base

/// Replies since a decision: those to the first calls that were sent after it, every one of them waited for. Whoever
/// takes the first replies instead takes the fast ones, and believes the group faster from round to round.
struct LatencyRound: Sendable {
    static let mostReplies = 4_096
    private static let longest = 3_600_000_000.0  // microseconds, a call

    let began: MonotonicInstant
    private var sent: Int64 = 0
    private var closedAt: MonotonicInstant?  // enough were sent
    private var strangers: Int64 = 0  // replies to calls sent after that
    private(set) var times: [Double] = []  // of the replies to calls of the round, microseconds
    private(set) var firstAt: MonotonicInstant?  // the first of those
    private(set) var deliveredFirst: Int64 = 0
    var delivered: Int64 = 0  // all replies
    var failed: Int64 = 0  // of all
    var wasFull = false  // the window was used up once at least

    init(began: MonotonicInstant) { self.began = began }

    /// Begins anew, with the errors of before in mind: they count also where there is little to send.
    init(after rested: LatencyRound, now: MonotonicInstant) {
        began = now
        let share: Int64 = rested.delivered > 100 ? 2 : 1
        (delivered, failed) = (rested.delivered / share, rested.failed / share)
    }

    mutating func sent(_ count: Int64, need: Int, now: MonotonicInstant) {
        guard closedAt == nil else { return }
        sent += count
        if sent >= need { closedAt = now }
    }

    mutating func take(_ latency: TimeSpan, sentFor age: TimeSpan, now: MonotonicInstant) {
        guard now - began >= age else { return }
        if let closedAt, age < now - closedAt {
            strangers += 1
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
        strangers = 0
    }

    /// Every call of the round has come back; or nearly, and so many later ones that the rest were lost or are taken
    /// for later ones, since nobody saw them leave to the microsecond. It may be over with nothing measured.
    var isOver: Bool {
        guard closedAt != nil else { return false }
        let back = Int64(times.count)
        return back >= min(sent, Int64(Self.mostReplies)) || strangers * 2 >= sent + 4 && back * 10 >= sent * 9
            || strangers >= 2 * sent
    }
}

/// What one round said.
private struct Finding {
    var count: Double
    var median: Double  // microseconds
    var mean: Double  // microseconds; what is above four medians counts as four: a pause is not load
    var rate: Double  // per 1,000 s, between the first and the last reply, so that the last window does not count

    init(_ round: LatencyRound, window: Double, now: MonotonicInstant) {
        let sorted = round.times.sorted()
        median = sorted[sorted.count / 2]
        count = Double(sorted.count)
        var sum = 0.0
        for time in sorted { sum += min(time, 4 * median) }
        mean = sum / count
        let span = max(100, (now - (round.firstAt ?? now)).wholeMicroseconds)
        let measured = Double(RateMemory.rate(round.delivered - round.deliveredFirst, microseconds: span))
        // Few replies may come close together by chance; more than the window at this latency it cannot have been.
        rate = min(measured, 1.1 * max(1, window.rounded()) * 1e9 / mean)
    }
}

// What a round changes.
extension LatencyController {
    /// Replies that a decision takes.
    var need: Int {
        let wanted =
            switch mode {
            case .start: max(10, 1.5 * opened)
            case .relearn: 10.0
            case .hold, .dead: max(24, 3 * opened)
            case .up: max(48, 4 * opened)
            case .drain: max(12, 2 * opened)
            }
        return min(LatencyRound.mostReplies, Int(wanted))
    }

    /// Errors: the rate that broke it is remembered, and all is measured again from one call.
    mutating func backOff(now: MonotonicInstant) {
        if mode == .relearn, opened <= 1 {
            collapses.isStillBroken(now: now)  // by what is hardly more than nothing: that leaves no ceiling
        } else {
            _ = collapses.broke(rate1000: rates.newest, now: now)
        }
        rates.assume(rateWhileBroken)
        relearn(from: 1, because: .errors, now: now)
    }

    /// The errors are the service's own: no ceiling was found, and it begins anew with them.
    mutating func acceptFaults(now: MonotonicInstant) {
        let known = faults
        self = LatencyController(cap: cap, floor: floor, now: now)
        faults = known
        reason = .faulty
    }

    private mutating func relearn(from window: Double, because why: CapacityReason, now: MonotonicInstant) {
        mode = .relearn
        reason = why
        adopted = nil
        slow = 0
        open(to: window, now: now)
    }

    /// Sets the window and begins the next round.
    private mutating func open(to window: Double, now: MonotonicInstant) {
        opened = min(Self.largest, max(1, window))
        round = LatencyRound(began: now)
    }

    mutating func endRound(now: MonotonicInstant) {
        guard !round.times.isEmpty else { return round = LatencyRound(after: round, now: now) }
        let found = Finding(round, window: opened, now: now)
        lastMean = found.mean
        faults.saw(failed: round.failed, of: round.delivered)
        if collapses.creep(now: now) { reason = .raisedCeiling }
        switch mode {
        case .relearn: endRelearning(found, now: now)
        case .start: endStart(found, now: now)
        case .hold, .up, .drain: endCruise(found, now: now)
        case .dead: break
        }
    }

    private mutating func endRelearning(_ found: Finding, now: MonotonicInstant) {
        if faults.isCollapse(failed: round.failed, of: Int64(found.count)), Double(round.failed) > 0.3 * found.count {
            return open(to: opened, now: now)  // still broken
        }
        (base, baseReplies) = (found.mean, found.count)
        begin(growth: 1.5, rate: found.rate, because: .recovered)
        open(to: max(2, opened * growth), now: now)
    }

    /// A start with something known: gentler.
    private mutating func begin(growth: Double, rate: Double, because why: CapacityReason) {
        mode = .start
        reason = why
        adopted = nil
        self.growth = min(self.growth, growth)
        rates.reset(to: Int64(rate))
        (best, flat) = (rate, 0)
    }

    /// Whether it is far below a rate that it bore until it broke: the way back there is safe.
    var isOnKnownGround: Bool {
        collapses.ceiling1000.map { Double(rates.best) < 0.6 * Double($0) } ?? false
    }

    private mutating func endStart(_ found: Finding, now: MonotonicInstant) {
        let grew = found.rate >= 1.15 * best
        if base == 0 {
            (base, baseReplies) = (found.mean, found.count)
        } else if found.mean < 0.8 * base {
            (base, baseReplies) = (found.mean, found.count)  // it became faster meanwhile
        } else if found.mean < (grew ? 1.4 : 1.2) * base {
            base = (base * baseReplies + found.mean * found.count) / (baseReplies + found.count)
            baseReplies = min(1e6, baseReplies + found.count)
        }
        // What was assumed is believed until the window was used up once: less than that is what was asked for.
        if round.wasFull || found.rate > best { rates.add(Int64(found.rate)) }
        flat = grew ? 0 : flat + 1
        best = max(best, found.rate)
        // Without a queue a flat rate only says that the pace, or chance, was the bound.
        let queue = opened * (1 - base / found.mean)  // by Little's law
        if queue > 1 && !isOnKnownGround
            && (flat >= 1 && found.mean > 1.4 * base || flat >= 2 && found.mean > 1.2 * base)
            || found.mean > 2.2 * base || flat >= 6
        {
            mode = .drain
            reason = .settled
            if !rates.isAssumed { adopted = nil }
            held = 0
            return follow(now: now)
        }
        let isEnough = cap.map { found.rate > 950 * Double($0) } ?? false
        let mayGrow = round.wasFull && found.mean <= 1.5 * base && !isEnough
        if mayGrow { reason = .growing }
        // No further than what works now allows: in a second no more is sent than comes back and the window opens.
        let wanted =
            isOnKnownGround
            ? min(opened, busy) * 2 + 1 : min(opened * growth, busy * (cap == nil ? 1.25 : 1.35) + 1.5)
        open(to: mayGrow ? max(opened + 1, wanted) : opened, now: now)
    }

    private mutating func endCruise(_ found: Finding, now: MonotonicInstant) {
        if found.median > 1.8 * base {
            slow += 1
            if slow >= 2 || found.median > 4 * base {
                rates.reset(to: Int64(found.rate))
                return relearn(from: found.rate * base / 1e9, because: .slower, now: now)
            }
        } else {
            slow = 0
        }
        if mode == .drain {
            let mean = min(max(found.mean, 0.6 * base), 1.5 * base)
            let isNear = abs(mean - base) < 0.1 * base
            base = (base + mean) / 2
            gap = isNear ? min(16, gap * 2) : 4
            probeRest = isNear ? min(.seconds(16), probeRest * 2) : .seconds(4)
            (mode, held) = (.hold, 0)
            reason = .following
            return follow(now: now)
        }
        if isFaster(found, now: now) { return }
        if mode == .up {
            endProbe(found)
            if mode == .start { return open(to: opened, now: now) }
        } else {
            held += 1
        }
        if round.wasFull || found.rate > Double(rates.best) {
            rates.add(Int64(found.rate))
            adopted = nil
        }
        let rested = held >= 2 && (probedAt.map { now - $0 > probeRest } ?? true)
        if mode == .hold, slow == 0, held >= gap || rested {
            mode = .up
            reason = .probing
            probedAt = now
            (rateBefore, probedFrom) = (Double(rates.best), Double(window))
        }
        follow(now: now)
    }

    /// A confirmed speed-up keeps the window (rate x the new base would close it), lets the rate rise, and grows again.
    private mutating func isFaster(_ found: Finding, now: MonotonicInstant) -> Bool {
        guard found.mean < 0.8 * base else {
            fast = 0
            return false
        }
        fast += 1
        guard fast > 1 else {
            fastMean = found.mean
            return false
        }
        fast = 0
        (base, baseReplies) = ((found.mean + fastMean) / 2, 2 * found.count)
        begin(growth: 1.4, rate: found.rate, because: .faster)
        open(to: max(2, opened), now: now)
        return true
    }

    private mutating func endProbe(_ found: Finding) {
        let more = (Double(window) - probedFrom) / max(1, probedFrom)
        // Measured against the better half of the rates: against a mean, the end of a pause would look like a gain.
        guard more > 0, found.rate >= (1 + 0.6 * more) * rateBefore || round.wasFull && found.mean < 1.1 * base else {
            mode = .drain
            reason = .draining
            return
        }
        // More calls inside really brought more: the base was too low or the capacity rose. Little's law says which.
        base = max(base, min(found.mean, Double(window) * 1e9 / max(1, found.rate)))
        begin(growth: 1.4, rate: found.rate, because: .gained)
    }

    private mutating func follow(now: MonotonicInstant) {
        let queue = 1 + 0.08 * busy
        var wanted: Double
        switch mode {
        case .up: wanted = max((busy + queue) * 1.15, probedFrom + 1)
        case .drain: wanted = 0.85 * busy
        case .start, .relearn, .hold, .dead: wanted = busy + queue
        }
        if slow > 0 { wanted = min(wanted, opened) }
        open(to: min(wanted, opened * 2 + 1), now: now)
    }
}
