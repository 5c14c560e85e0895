public import Base

// DESIGN
// Holds end by a clock that no jump of another one moves: the time of the store when this process met it, counted on by
// the process's own monotonic clock. It is compared with the store's clock all the time. Where the two disagree it is
// not known which one is wrong, so the rule is the same everywhere: of two times that may have passed, the shorter one
// counts. A hold may end late by that, and never early. The store's own steps back are the exception: they show as time
// that runs backwards there while a moment passes here.
//
// While the two part by more than 750 ms no hold ends. A difference that is steady for five seconds is taken for
// granted: where the store is ahead, or stepped back, it is noted as such; else this clock goes back to the store's.
// Small differences, as two good clocks have after hours, are taken over in silence after a minute. A clock of this
// process that stood still, or is slow, looks like a store that went ahead: then holds end late by so much.

/// The clock by which a process ends holds. A value: samples in, time as an argument.
public struct PayClock: Sendable {
    public enum Change: Sendable, Equatable {
        /// The store's clock parts from this one: no hold ends.
        case parted(by: TimeSpan)
        /// It does not any more.
        case agreed
        /// It does, steadily: from now on so much is taken for granted, and this clock went back by `back`.
        case believed(storeAhead: TimeSpan, back: TimeSpan)
        /// This clock had jumped ahead, and went back.
        case jumped(back: TimeSpan)
    }

    private struct Sample: Sendable {
        var store: WallInstant
        var sent: MonotonicInstant
        var received: MonotonicInstant
        var difference: TimeSpan
    }

    private struct Steady: Sendable {
        var since: MonotonicInstant
        var least: TimeSpan
        var most: TimeSpan
    }

    private var wall: WallInstant  // what this clock shows at `anchor`
    private let anchor: MonotonicInstant
    /// By how much the store's clock is believed to be ahead of this one for good.
    public private(set) var storeAhead = TimeSpan.zero
    private var former: TimeSpan?  // `storeAhead` before
    private var stepped = TimeSpan.zero  // the store's clock since it last agreed
    private var steady: Steady?
    private var last: Sample?
    /// The store's clock parts from this one: no hold ends.
    public private(set) var isParted = false

    /// At the first contact with the store.
    ///
    /// - Parameters:
    ///   - store: its clock.
    ///   - machine: the clock of this machine.
    ///   - saved: what the last leader saved of its clock.
    public init(store: WallInstant, machine: WallInstant, saved: LeaderClock?, now: MonotonicInstant) {
        anchor = now
        wall = store
        guard let saved else { return }
        storeAhead = saved.storeAhead
        let passed = store - saved.now - saved.storeAhead
        wall = saved.now + max(.zero, min(passed, machine - saved.machine))
        stepped = min(.zero, passed)
    }

    public func time(at now: MonotonicInstant) -> WallInstant { wall + (now - anchor) }

    /// The moment from which on this clock and the store's are behind `time`.
    public func moment(behind time: WallInstant) -> MonotonicInstant {
        anchor + (time - wall) + max(.zero, isParted ? .zero : .zero - apart) + .milliseconds(1)
    }

    /// How far the store's clock parted from this one when they were last compared, without what is taken for granted.
    public var apart: TimeSpan { last.map { $0.difference - storeAhead } ?? .zero }

    /// Whether it was compared with the store's clock lately. Else this process may have stood still, or its monotonic
    /// clock may have jumped: the time must not be used before the next comparison.
    public func isFresh(at now: MonotonicInstant) -> Bool {
        guard let last else { return false }
        return now >= last.received && now - last.received <= Limits.clockSampled
    }

    // MARK: Comparisons

    /// The store showed its clock between `sent` and `now`.
    public mutating func see(store: WallInstant, sent: MonotonicInstant, now: MonotonicInstant) -> Change? {
        // A reply that took so long says too little.
        guard now >= sent, now - sent <= Limits.clocksApart else { return nil }
        var difference = difference(store: store, sent: sent, now: now)
        var jumped = TimeSpan.zero
        if let last {
            let step = difference - last.difference
            let isOwnJump = store >= last.store && now - last.sent >= .zero - step
            if step < .zero - Limits.clocksApart, isOwnJump {
                jumped = .zero - step
                goBack(by: jumped)
                difference = last.difference
            } else if step.magnitude > Limits.clocksApart {
                stepped = stepped + step
            }
        }
        last = Sample(store: store, sent: sent, received: now, difference: difference)
        let change = judge(difference, now: now)
        return change ?? (jumped > .zero ? .jumped(back: jumped) : nil)
    }

    /// How far the store's clock is ahead of this one, nearest to what it was: it showed its time between the two.
    private func difference(store: WallInstant, sent: MonotonicInstant, now: MonotonicInstant) -> TimeSpan {
        let (least, most) = (store - time(at: now), store - time(at: sent))
        return max(least, min(last?.difference ?? storeAhead, most))
    }

    private mutating func judge(_ difference: TimeSpan, now: MonotonicInstant) -> Change? {
        let steadyFor = extendSteady(difference, now: now)
        let apart = difference - storeAhead
        guard apart.magnitude > Limits.clocksApart else {
            stepped = .zero
            if steadyFor >= Limits.clocksDrift, apart.magnitude > Limits.clocksSteady { believe(difference) }
            guard isParted else { return nil }
            isParted = false
            return .agreed
        }
        let isFormer = former.map { (difference - $0).magnitude <= Limits.clocksSteady } ?? false
        if isFormer { stepped = difference - storeAhead }
        if isFormer || steadyFor >= Limits.clocksBelieved {
            let back = believe(difference)
            isParted = false
            return .believed(storeAhead: storeAhead, back: back)
        }
        guard !isParted else { return nil }
        isParted = true
        return .parted(by: apart)
    }

    private mutating func extendSteady(_ difference: TimeSpan, now: MonotonicInstant) -> TimeSpan {
        let known = steady ?? Steady(since: now, least: difference, most: difference)
        let longer = Steady(
            since: known.since, least: min(known.least, difference), most: max(known.most, difference))
        let isSteady = longer.most - longer.least <= Limits.clocksSteady && now >= known.since
        steady = isSteady ? longer : Steady(since: now, least: difference, most: difference)
        return isSteady ? now - known.since : .zero
    }

    /// Takes a difference for granted.
    ///
    /// - Returns: by how much this clock went back.
    @discardableResult
    private mutating func believe(_ difference: TimeSpan) -> TimeSpan {
        // A store behind this clock is believed as far as it stepped back; the rest may be this clock's own haste.
        let ahead = max(difference, storeAhead + min(.zero, stepped))
        let back = ahead - difference
        (former, storeAhead) = (storeAhead, ahead)
        stepped = .zero
        goBack(by: back)
        steady = nil
        return back
    }

    private mutating func goBack(by span: TimeSpan) {
        wall = wall + (.zero - span)
        if let difference = last?.difference { last?.difference = difference + span }
    }

    // MARK: Leaders

    /// This process leads from now on: holds may have been given by the clock of another leader, which may be behind.
    ///
    /// - Returns: by how much this clock went back.
    public mutating func takeOver(
        from saved: LeaderClock, machine: WallInstant, now: MonotonicInstant
    ) -> TimeSpan {
        let theirs = saved.now + max(.zero, machine - saved.machine)
        let back = time(at: now) - theirs
        guard back > .zero else { return .zero }
        goBack(by: back)
        storeAhead = storeAhead + back
        former = nil
        steady = nil
        return back
    }
}

extension TimeSpan {
    fileprivate var magnitude: TimeSpan { self < .zero ? .zero - self : self }
}
