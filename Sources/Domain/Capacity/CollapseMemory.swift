import Base

// DESIGN
// A resource that breaks above some rate should be broken once, not by every probe. The rate to remember is that of the
// sends (completions are few by then), and it is remembered once per incident: each further error of the same collapse
// would otherwise lower the ceiling from the sends of the collapse itself, down to nothing. Sends are counted in slots
// of 50 ms, so memory is bounded whatever the rate; the busiest second is found to within one slot, on the low side.

/// The rate of recent sends to a resource, and the ceiling that a collapse left.
struct CollapseMemory: Sendable {
    private static let slot: Int64 = 50_000_000  // nanoseconds
    private static let slots = 80  // 4 s
    private static let slotsOfSecond = 20

    /// Purchases per 1,000 s that the pace must not exceed; nil: no ceiling is known.
    private(set) var ceiling1000: Int64?
    private(set) var brokenAt = MonotonicInstant(nanoseconds: 0)
    private var raisedAt = MonotonicInstant(nanoseconds: 0)
    private var counts: [Int64] = []
    private var newest: Int64 = 0  // number of the newest slot since the clock's zero

    mutating func sent(_ count: Int64, now: MonotonicInstant) {
        if counts.isEmpty { counts = [Int64](repeating: 0, count: Self.slots) }
        let number = now.nanoseconds / Self.slot
        if number > newest {
            for passed in max(newest + 1, number - Int64(Self.slots) + 1)...number { counts[Self.place(passed)] = 0 }
            newest = number
        }
        let place = Self.place(newest)
        counts[place] = min(counts[place] + max(0, count), 1 << 40)
    }

    /// The last `count` of the sends never went out.
    mutating func withdrawn(_ count: Int64) {
        var left = count
        for number in stride(from: newest, to: max(-1, newest - Int64(Self.slotsOfSecond)), by: -1) {
            guard left > 0, !counts.isEmpty else { return }
            let gone = min(left, counts[Self.place(number)])
            counts[Self.place(number)] -= gone
            left -= gone
        }
    }

    /// Sends in the busiest second of the last four.
    func busiestSecond(now: MonotonicInstant) -> Int64 {
        guard !counts.isEmpty else { return 0 }
        let first = max(newest, now.nanoseconds / Self.slot) - Int64(Self.slots) + 1
        guard first <= newest else { return 0 }
        var sum: Int64 = 0
        var most: Int64 = 0
        for number in first...newest {
            sum += counts[Self.place(number)]
            let passed = number - Int64(Self.slotsOfSecond)
            if passed >= first { sum -= counts[Self.place(passed)] }
            most = max(most, sum)
        }
        return most
    }

    /// The resource broke; true where this is a new incident, so that the ceiling was set or lowered.
    ///
    /// - Parameter rate1000: what it completed last. The sends were at least as fast, though an earlier leader may have
    ///   made them. 0: it never completed anything, so no rate can have broken it.
    mutating func broke(rate1000: Int64, _ tuning: CollapseTuning, now: MonotonicInstant) -> Bool {
        guard rate1000 > 0 else {
            isStillBroken(now: now)
            return false
        }
        defer { raisedAt = now }
        if ceiling1000 != nil, now - brokenAt <= tuning.incident {
            brokenAt = now
            return false
        }
        brokenAt = now
        let peak = max(
            tuning.leastCeiling1000, busiestSecond(now: now) * 1_000, min(rate1000, RateMemory.fastest))
        // Far below a rate that it bore before, the load is not what broke it: errors that come at any rate would lower
        // the ceiling to nothing, incident after incident.
        if let ceiling = ceiling1000, peak < ceiling * tuning.loadPercent / 100 { return false }
        ceiling1000 = max(tuning.leastCeiling1000, min(peak, ceiling1000 ?? peak) / 10 * tuning.ceilingTenths)
        return true
    }

    /// The resource goes on failing, though hardly anything is sent.
    mutating func isStillBroken(now: MonotonicInstant) { (brokenAt, raisedAt) = (now, now) }

    /// Raises the ceiling for the calm seconds that have passed; true when it rose.
    mutating func creep(_ tuning: CollapseTuning, now: MonotonicInstant) -> Bool {
        guard var ceiling = ceiling1000, now - brokenAt > tuning.calm, now - raisedAt >= .seconds(1) else {
            return false
        }
        let calm = now - max(raisedAt, brokenAt + (tuning.calm - .seconds(1)))
        let seconds = min(tuning.raisedAtOnce, calm.nanoseconds / 1_000_000_000)
        guard seconds >= 1 else { return false }
        for _ in 0..<seconds {
            ceiling = min(RateMemory.fastest, ceiling + max(1, ceiling * tuning.raisePercent / 100))
        }
        ceiling1000 = ceiling
        raisedAt = now
        return true
    }

    /// Takes over the ceiling of another leader, and its calm: else a ceiling would never rise where leaders change
    /// often.
    mutating func adopt(_ hint: CapacityHint, now: MonotonicInstant) {
        ceiling1000 = hint.ceiling1000
        brokenAt = now + .milliseconds(-hint.calmMilliseconds)
        raisedAt = now
    }

    /// Time since the resource was last taken for broken, for a hint.
    func calmMilliseconds(now: MonotonicInstant) -> Int64 {
        ceiling1000 == nil ? 0 : min(max(0, (now - brokenAt).wholeMilliseconds), CapacityHint.longestCalm)
    }

    private static func place(_ number: Int64) -> Int { Int(((number % Int64(slots)) + Int64(slots)) % Int64(slots)) }
}
