import Base

/// What is known of one worker: its time for a purchase, its rate, its dispatch latency, and whether it has one slot.
struct ExecutionModel: Sendable {
    let tuning: ExecutionController.Tuning
    /// Time of one purchase in its slot, microseconds; 0 before the first round.
    private(set) var unloadedMicroseconds: Int64 = 0
    private(set) var rates = RateMemory()
    private var dispatch = DispatchLatency()
    private var spread: Int64 = 0  // variance of the times over the square of their mean, thousandths
    private var outliers = 0  // rounds in a row that look like a change of the worker
    private var roundsLikeOneSlot = 0
    private(set) var rounds = 0

    init(tuning: ExecutionController.Tuning) { self.tuning = tuning }

    mutating func believe(_ hint: CapacityHint) {
        unloadedMicroseconds = hint.unloadedMicroseconds
        rates.assume(hint.believed1000)
    }

    /// It was broken, and answers again in this time: its rate is learnt anew.
    mutating func recovered(microseconds: Int64) {
        unloadedMicroseconds = max(1, microseconds)
        rates = RateMemory()
    }

    var dispatchMicroseconds: Int64 { dispatch.microseconds }
    mutating func answered(after span: TimeSpan) { dispatch.add(span) }

    /// Thousandths of a purchase that the worker has in its slots and under way, at the best rate seen lately.
    var busy1000: Int64 {
        let most = ExecutionController.largest * 1_000
        let (product, overflow) = rates.best.multipliedReportingOverflow(
            by: unloadedMicroseconds + dispatch.microseconds)
        return overflow ? most : min(product / 1_000_000, most)
    }

    /// Whether an order takes far longer than a grant to the worker and its report back.
    var ordersAreLong: Bool { unloadedMicroseconds >= 4 * dispatch.microseconds }
    var isUneven: Bool { spread > tuning.unevenThousandths }

    /// Whether one slot serves times so much longer than the dispatch that a second purchase would wait behind the
    /// first one for longer than it gains: the more uneven they are, the sooner.
    var isBetterAlone: Bool {
        guard roundsLikeOneSlot >= tuning.oneSlotRounds else { return false }
        let dispatches = isUneven ? tuning.oneUnevenSlotDispatches : tuning.oneSlotDispatches
        return dispatch.microseconds * dispatches <= unloadedMicroseconds
    }

    /// Takes the time of one purchase from a round.
    ///
    /// - Returns: whether a change of the worker itself was confirmed.
    mutating func learnTime(from round: ExecutionRound) -> Bool {
        let found = round.finding(mostMedians: tuning.mostMedians)
        spread = rounds == 0 ? found.spread : spread + (found.spread - spread) / 4
        let (execution, before) = (found.execution, unloadedMicroseconds)
        var isOther = false
        if before == 0 {
            unloadedMicroseconds = execution
        } else if execution * 100 > before * tuning.slowerPercent && found.median * 100 < before * tuning.pausePercent {
            return false  // a few were held up, as by a pause: the worker itself is as fast as before
        } else if execution * 100 < before * tuning.fasterPercent || execution * 100 > before * tuning.slowerPercent {
            outliers += 1
            guard outliers >= tuning.confirmations else { return false }
            isOther = true
            // As many slots are busy as before, so the rates are what changed: one unlucky round must not decide alone.
            rates.scale(from: before, to: execution)
            unloadedMicroseconds = execution
        } else {
            unloadedMicroseconds += (execution - before) * tuning.newSharePercent / 100
        }
        outliers = 0
        return isOther
    }

    /// Takes the rate from a round in which the worker was asked for all it can do.
    mutating func learnRate(from round: ExecutionRound, window: Int64, microseconds span: Int64) {
        rates.add(RateMemory.rate(round.count, microseconds: span))
        // A window of one says nothing of slots; the first time two rounds must say it.
        if window >= 2, let isLikeOne = round.looksLikeOneSlot(least: tuning.oneSlotCompletions, microseconds: span) {
            roundsLikeOneSlot = isLikeOne ? min(tuning.oneSlotRounds, roundsLikeOneSlot + 1) : 0
        }
        rounds &+= 1
    }
}
