import Base

// DESIGN
// Where most calls of a larger window stay out, either the service broke under it, or it became slower or stands. The
// calls that were in flight when the window was made larger show which: those of a service that broke come back as
// ever, while those of a slower one are missing too. Either way the window goes back to what it was, and nothing is
// learnt until the calls that are out have come back.

extension WindowSearch {
    /// Calls of a larger window stay out: back to the window before, until they return.
    mutating func suspect(_ cohort: CallCohort, now: MonotonicInstant) {
        // While calls fail, their purchases wait for retries: what is missing then shows nothing.
        let hasErrors = failures.hadSome(within: 2 * cohorts.patience + 1e6, now: now)
        let (before, wasGrowing) = (usual, isGrowing)
        flight.beginDrain(now: now)
        guard !hasErrors, flight.isRaisedBack else {
            reason = .checking
            if wasGrowing { return beginFirstLevel(before, now: now) }
            schedule.settle(now: now)
            return hold(before, now: now)
        }
        reason = .broke
        let isAgain = broken.isRemembered(now: now)
        broken.broke(at: cohort.window, now: now)
        if wasGrowing { measures.settle() }
        schedule.broke(mean: measures.mean, now: now)
        hold(isAgain ? max(1, before * 3 / 4) : before, now: now)
    }

    mutating func drained(now: MonotonicInstant) {
        guard flight.isDrained else { return }
        flight.endDrain()
        schedule.becameShorter(now: now)
        if isGrowing { beginFirstLevel(window, now: now) } else { openNext(now: now) }
    }

    /// More than half of the calls fail: half of the window.
    mutating func failed(now: MonotonicInstant) {
        failures.begin(window: hold, same: tuning.sameFailure, now: now)
        flight.endDrain()
        reason = .errors
        hold = max(1, min(hold, window) / 2)
        beginFirstLevel(hold, now: now)
    }

    /// Whether calls are answered again; then it goes back to half of what it bore, and from there to all of it.
    mutating func recover(now: MonotonicInstant) -> Bool {
        guard let level, level.latencies.count > 0 else { return false }
        guard level.failedShare <= tuning.brokenShare else {
            beginFirstLevel(window, now: now)
            return false
        }
        failures.end()
        (broken, reason) = (BrokenWindow(), .recovered)
        return !returnToBefore(now: now)
    }

    /// Half of what it bore before it failed, and then all of it; false where that is not more than now.
    private mutating func returnToBefore(now: MonotonicInstant) -> Bool {
        guard let before = failures.windowBefore, window < before / 2 else { return false }
        known = before
        beginFirstLevel(before / 2, now: now)
        return true
    }

    /// Calls fail however little is sent: that is not of the window.
    mutating func accept(now: MonotonicInstant) {
        failures.end()
        broken = BrokenWindow()
        if !returnToBefore(now: now) { beginFirstLevel(window, now: now) }
    }
}
