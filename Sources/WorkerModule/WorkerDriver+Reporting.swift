import Base
import Domain
import Store

// What this worker tells the scheduler, and the leave that it gets for calls beside the grants.
extension WorkerDriver {
    func report(isComplete: Bool, presence: WorkerReport.Presence? = nil) {
        mustReport = false
        guard enlistment.wasAdmitted else { return }
        beat += 1
        store.publish(
            report: WorkerReport(
                worker: id, beat: beat, term: book.term, inFlight: Int64(engaged), completed: completed,
                executionSum: executed, isComplete: isComplete, knowsIncarnations: true,
                presence: presence ?? (mayTake ? .working : .leaving), lines: book.lines(complete: isComplete),
                orders: sink.map { tally.report(of: $0, repeats: repeats) }))
        completed = 0
        executed = 0
        repeatsTold = sink?.repeatsWanted ?? 0
    }

    private var repeats: RepeatReport {
        RepeatReport(
            wanted: Int64(sink?.repeatsWanted ?? 0), allowance: book.repeats,
            crowded: Int64(max(0, (sink?.resting ?? 0) - Limits.resting)))
    }

    /// Leave came: it goes to the sink at once, and what that can't use lapses.
    func allow(_ grant: RepeatGrant) {
        let count = book.grant(grant)
        if count > 0 { sink?.allow(repeats: Int(count)) }
        mustReport = true  // the scheduler hears that it arrived, or that it was an old one
    }

    /// At the end of each turn: the scheduler hears at once how many calls wait for leave.
    func followRepeats() {
        if let wanted = sink?.repeatsWanted, wanted != repeatsTold { mustReport = true }
    }
}
