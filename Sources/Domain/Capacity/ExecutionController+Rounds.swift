import Base

// What a round changes.
extension ExecutionController {
    var need: Int64 {
        switch mode {
        case .start: ordersAreLong ? max(12, 2 * opened) : max(10, opened * 3 / 2)
        case .cruise, .backOff, .dead: max(opened <= 2 && spread > 500 ? 48 : 24, opened * 3)
        }
    }

    mutating func end(_ round: Round, microseconds span: Int64, now: MonotonicInstant) {
        if collapses.creep(now: now) { reason = .raisedCeiling }
        let before = baseMicroseconds
        let isOther = learn(round)
        guard round.wasFull else { return }
        rates.add(RateMemory.rate(round.count, microseconds: span))
        countSlots(round, microseconds: span)
        rounds &+= 1
        switch mode {
        case .start(let flat): grow(flat: flat)
        case .cruise:
            open(to: cruising, because: .following)
            if isOther { reason = baseMicroseconds > before ? .slower : .faster }
        case .backOff, .dead: break
        }
    }

    private mutating func open(to wanted: Int64, because why: CapacityReason) {
        if wanted != opened { reason = why }
        opened = wanted
    }

    /// A pause in the middle of a purchase is not its execution: what is above six medians counts as six.
    ///
    /// - Returns: whether a change of the worker itself was confirmed.
    private mutating func learn(_ round: Round) -> Bool {
        let sorted = round.times.sorted()
        let median = sorted[sorted.count / 2]
        let most = max(1, 6 * median)
        var excess: Int64 = 0
        for time in sorted.reversed() {
            guard time > most else { break }
            excess += time - most
        }
        let execution = max(1, (round.executed - min(excess, round.executed)) / round.counted)
        learnSpread(sorted, most: most)
        return learn(execution: execution, median: median)
    }

    private mutating func learnSpread(_ times: [Int64], most: Int64) {
        var (sum, squares) = (0.0, 0.0)
        for time in times {
            let time = Double(min(time, most))
            sum += time
            squares += time * time
        }
        let measured = sum > 0 ? squares * Double(times.count) / (sum * sum) - 1 : 0
        let new = Int64(1_000 * min(10, max(0, measured)))
        spread = rounds == 0 ? new : spread + (new - spread) / 4
    }

    private mutating func learn(execution: Int64, median: Int64) -> Bool {
        var isOther = false
        if baseMicroseconds == 0 {
            baseMicroseconds = execution
        } else if execution * 10 > baseMicroseconds * 16 && median * 10 < baseMicroseconds * 12 {
            return false  // a few were held up, as by a pause: the worker itself is as fast as before
        } else if execution * 10 < baseMicroseconds * 6 || execution * 10 > baseMicroseconds * 16 {
            outliers += 1
            guard outliers >= 2 else { return false }
            isOther = true
            // As many slots are busy as before, so the rates are what changed: one unlucky round must not decide alone.
            rates.scale(from: baseMicroseconds, to: execution)
            baseMicroseconds = execution
        } else {
            baseMicroseconds += (execution - baseMicroseconds) * 3 / 10
        }
        outliers = 0
        return isOther
    }

    private mutating func grow(flat: Int) {
        let measured = rates.newest
        let grew = measured * 100 >= previousRate * 115
        let doubtless = measured * 100 >= previousRate * 140
        previousRate = max(previousRate, measured)
        let flatRounds = grew ? 0 : flat + 1
        if flatRounds >= 2 || busy1000 < opened * 600 && flatRounds >= 1 {
            mode = .cruise
            adopted = nil
            opened = cruising
            reason = .settled
        } else {
            mode = .start(flat: flatRounds)
            // A little less than twice what works now is enough for the next doubling, and only after a gain: past the
            // slots the window must not run ahead.
            guard grew, doubtless || !isPartlyIdle else { return }
            open(to: min(2 * opened, max(opened + 1, (busy1000 * 7 + 2_000) / 4_000), Self.largest), because: .growing)
        }
    }

    /// Whether a part of the window does not work; known well where orders take far longer than the way. A small gain
    /// is then the luck of a short round.
    private var isPartlyIdle: Bool { ordersAreLong && busy1000 < opened * 850 }

    /// Whether an order takes far longer than the way to the worker and back.
    private var ordersAreLong: Bool { baseMicroseconds >= 4 * link }

    /// Thousandths of a purchase that the worker has in its slots and under way, at the best rate seen lately.
    var busy1000: Int64 {
        let (product, overflow) = rates.best.multipliedReportingOverflow(by: baseMicroseconds + link)
        return overflow ? Self.largest * 1_000 : min(product / 1_000_000, Self.largest * 1_000)
    }

    /// What is busy, one more and 8 % more: it climbs by itself below the slots, and stops a small queue above them.
    ///
    /// Where a group held the worker back, half as much again: what the group lets through is the group's to bound.
    private var cruising: Int64 {
        if round.wasHeldBack { return min(busy1000 * 15 / 10_000 + 2, 2 * opened + 1, Self.largest) }
        let window = min((busy1000 * 108 + 50_000) / 100_000 + 1, 2 * opened + 1, Self.largest)
        guard isBetterAlone else { return window }
        return rounds % 8 == 0 ? 2 : 1
    }

    /// Whether one slot serves times so much longer than the way that a second purchase would wait behind the first
    /// one for longer than it gains: the more uneven they are, the sooner. In one round of eight it is let in
    /// nevertheless, to see whether there is another slot by now.
    var isBetterAlone: Bool { roundsLikeOneSlot >= 2 && link * (spread > 500 ? 16 : 64) <= baseMicroseconds }

    /// A round with a window of two or more tells slots apart: one slot executes for as long as the round took at most,
    /// however uneven the times are. A window of one says nothing, and a short round too little; the first time two
    /// rounds must say it.
    mutating func countSlots(_ round: Round, microseconds span: Int64) {
        guard opened >= 2, round.counted >= 24, !round.wasHeldBack else { return }
        let (executed, overflow) = round.executed.multipliedReportingOverflow(by: 10 * round.count)
        let isLikeOne = !overflow && executed / round.counted < 13 * span
        roundsLikeOneSlot = isLikeOne ? min(2, roundsLikeOneSlot + 1) : 0
    }
}
