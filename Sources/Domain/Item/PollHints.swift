public import Base

// DESIGN
// The answer to a poll has the time until the next one: a tenth of the wait, less where little is known yet. Summed
// over all places of a queue that is a number of polls a second, in closed form. Divided by the operator's bound, it is
// the factor by which all waits are stretched. Every loop computes the same from what it knows of all items, so the
// loops need not agree on anything, and the sum holds whichever loop answers.

/// The time between two polls of a waiting ticket, and how many polls a second that makes of all.
public struct PollPace: Sendable, Equatable {
    static let soonest: Double = 100  // milliseconds
    static let latest: Double = 30_000
    static let unknownSoonest: Double = 100
    static let unknownLatest: Double = 1_000

    /// Milliseconds a place; nil where no rate is known: then one a place, within closer bounds.
    private let perPlace: Double?
    private let latest: Double

    /// - Parameter pace: nil where nothing moves, or it is not known how fast.
    public init(_ pace: DrainRate.Pace?) {
        perPlace = pace.map { 100 / $0.perSecond }
        // A rate is believed for as long as it has lasted: what began half a second ago may end in the next one.
        latest = pace.map { min(Self.latest, max(1_000, Double($0.age.wholeMilliseconds))) } ?? Self.unknownLatest
    }

    /// Milliseconds until the next poll from this place, before a budget stretches them.
    public func wait(position: Int64) -> Double {
        guard let perPlace else { return min(Self.unknownSoonest + Double(position), latest) }
        return min(max(perPlace * Double(position), Self.soonest), latest)
    }

    /// Polls a second that `waiting` buyers make, the first at place 1.
    public func demand(waiting: Int64) -> Double {
        guard waiting > 0 else { return 0 }
        let count = Double(waiting)
        guard let perPlace else {
            let near = min(count, latest - Self.unknownSoonest)
            return 1_000 * naturalLogarithm(1 + near / Self.unknownSoonest) + 1_000 / latest * (count - near)
        }
        let soon = min(count, Self.soonest / perPlace)
        let late = max(soon, min(count, latest / perPlace))
        let middle = late > soon ? 1_000 / perPlace * naturalLogarithm(late / max(soon, 1)) : 0
        return 1_000 / Self.soonest * soon + middle + 1_000 / latest * (count - late)
    }
}

/// Bounds the polls a second of all waiting tickets together.
public struct PollBudget: Sendable {
    /// Polls a second; nil: as many as come.
    public private(set) var perSecond: Int64?
    private var stretch = 1.0

    public init(perSecond: Int64?) { self.perSecond = perSecond }

    /// Sets another bound, which holds from the next `measure` on.
    public mutating func change(to perSecond: Int64?) { self.perSecond = perSecond }

    /// All waiting tickets would make `demand` polls a second without a bound.
    public mutating func measure(demand: Double) {
        stretch = perSecond.map { max(1, demand / Double(max(1, $0))) } ?? 1
    }

    /// The milliseconds for one buyer: 20 % more or less than `wait`, so that buyers who were answered together do not
    /// come back together; half more or less where the bound stretches, since then all buyers were answered in one
    /// wave.
    public func wait(_ wait: Double, jitter: inout SplitMix64) -> Int64 {
        let spread = stretch > 1 ? 1.0 : 0.4
        let share = Double(jitter.below(1 << 20)) / Double(1 << 20)
        return Int64(min(wait * stretch * (1 - spread / 2 + spread * share), 86_400_000))
    }
}

extension ItemView {
    /// Polls a second that all waiting tickets of the item would make without a bound.
    public func pollDemand(now: MonotonicInstant) -> Double {
        counters.waiting > 0 ? PollPace(pace(now: now)).demand(waiting: counters.waiting) : 0
    }
}
