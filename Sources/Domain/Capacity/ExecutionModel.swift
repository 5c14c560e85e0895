import Base

/// What was measured of one worker: its time for a purchase, its rate, its dispatch latency, and whether it has one
/// slot.
struct ExecutionModel: Sendable {
    let shared: Shared<ExecutionController.Tuning>
    var tuning: ExecutionController.Tuning { shared.value }
    /// Time of one purchase in its slot, microseconds; 0 before the first round.
    private(set) var unloadedMicroseconds: Int64 = 0
    private(set) var rates = RateMemory()
    private var dispatch = DispatchLatency()
    private var spread: Int64 = 0  // variance of the times over the square of their mean, thousandths
    private var outliers = 0  // rounds in a row that look like a change of the worker
    private var roundsLikeOneSlot = 0
    private(set) var rounds = 0

    init(tuning: Shared<ExecutionController.Tuning>) { shared = tuning }

    mutating func believe(_ hint: CapacityHint) {
        unloadedMicroseconds = hint.unloadedMicroseconds
        rates.assume(hint.believed1000)
    }

    /// It was broken, and answers again in this time: its rate is measured anew.
    mutating func recovered(microseconds: Int64) {
        unloadedMicroseconds = max(1, microseconds)
        rates = RateMemory()
    }

    var dispatchMicroseconds: Int64 { dispatch.microseconds }
    mutating func answered(after span: TimeSpan) { dispatch.add(span) }

    /// Thousandths of a purchase in the slots of the worker and in dispatch, at the best of the last rates.
    var busy1000: Int64 {
        let most = ExecutionController.largest * 1_000
        let (product, overflow) = rates.best.multipliedReportingOverflow(
            by: unloadedMicroseconds + dispatch.microseconds)
        return overflow ? most : min(product / 1_000_000, most)
    }

    /// Whether an order takes far longer than the dispatch.
    var ordersAreLong: Bool { unloadedMicroseconds >= tuning.longDispatches * dispatch.microseconds }
    var isUneven: Bool { spread > tuning.unevenThousandths }

    /// Whether one slot serves times so much longer than the dispatch that a second purchase would wait behind the
    /// first one for longer than it gains: the more uneven they are, the sooner.
    var isBetterAlone: Bool {
        guard roundsLikeOneSlot >= tuning.oneSlotRounds else { return false }
        let dispatches = isUneven ? tuning.oneUnevenSlotDispatches : tuning.oneSlotDispatches
        return dispatch.microseconds * dispatches <= unloadedMicroseconds
    }

    /// Completions that a decision takes.
    func roundLength(isStarting: Bool, window: Int64) -> Int64 {
        if isStarting {
            return ordersAreLong
                ? max(tuning.longStartRound, window * tuning.longStartRoundPercent / 100)
                : max(tuning.startRound, window * tuning.startRoundPercent / 100)
        }
        let isLong = window <= tuning.smallWindow && isUneven
        return max(isLong ? tuning.unevenRound : tuning.round, window * tuning.roundPercent / 100)
    }

    /// Purchases that may go out at once: the burst of the pace.
    ///
    /// With one slot and times of any length, a burst of one kept the slot idle for 7 % of the time, and a burst of
    /// four still held back one round in six of a worker that has its purchases one by one.
    func burst(pace1000: Int64, window: Int64) -> Int64 {
        let least = isBetterAlone ? tuning.burstOfOneSlot : tuning.burst
        return max(least, tuning.burstWindows * window, pace1000 * tuning.burstPercent / 100_000)
    }

    /// Takes the time of one purchase from a round.
    ///
    /// - Returns: whether a change of the worker itself was confirmed.
    mutating func learnTime(from round: ExecutionRound) -> Bool {
        let found = round.finding(mostMedians: tuning.mostMedians)
        spread = rounds == 0 ? found.spread : spread + (found.spread - spread) * tuning.newSpreadPercent / 100
        let (execution, before) = (found.execution, unloadedMicroseconds)
        var isOther = false
        if before == 0 {
            unloadedMicroseconds = execution
        } else if execution * 100 > before * tuning.slowerPercent && found.median * 100 < before * tuning.pausePercent {
            return false  // a pause held a few up: the worker itself is as fast as before
        } else if execution * 100 < before * tuning.fasterPercent || execution * 100 > before * tuning.slowerPercent {
            outliers += 1
            guard outliers >= tuning.confirmations else { return false }
            isOther = true
            // As many slots are busy as before, so the remembered rates change with the time: the rate of one round by
            // itself may be chance.
            rates.scale(from: before, to: execution)
            unloadedMicroseconds = execution
        } else {
            unloadedMicroseconds += (execution - before) * tuning.newSharePercent / 100
        }
        outliers = 0
        return isOther
    }

    /// Takes the rate from a round in which the worker had all the purchases that it could execute.
    mutating func learnRate(from round: ExecutionRound, window: Int64, microseconds span: Int64) {
        rates.add(RateMemory.rate(round.count, microseconds: span))
        // A window of one does not show how many slots there are; the first time two rounds must agree.
        if window >= 2, let isLikeOne = round.looksLikeOneSlot(tuning, microseconds: span) {
            roundsLikeOneSlot = isLikeOne ? min(tuning.oneSlotRounds, roundsLikeOneSlot + 1) : 0
        }
        rounds &+= 1
    }
}
