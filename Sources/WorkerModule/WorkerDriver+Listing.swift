import Base
import Domain
import EventLoop
import Store

// How this worker gets on the list of workers, and stays there.
extension WorkerDriver {
    /// Puts this worker on the list again: at the start, and whenever it may have been taken for dead and forgotten.
    func register() {
        guard !isStopping else { return }
        enlist()
    }

    /// With every beat: again before the store forgets, and while it refuses.
    func renewListing() {
        if isFollowing, enlistment.isDue(now: loop.now) { enlist() }
    }

    private func enlist() {
        let asked = loop.now
        enlistment.asked(now: asked)
        store.enlist(id, sink: sinkKind) { [unowned self] result in
            guard !isStopping else { return }
            switch result {
            case .failure(let failure):
                counted.storeFailures += 1
                if failure != .unreachable { log.notListed(failure) }
            case .success(let answer): follow(enlistment.answered(answer, asked: asked))
            }
        }
    }

    private func follow(_ verdict: Enlistment.Verdict) {
        switch verdict {
        case .unchanged where enlistment.refusal == nil: break
        case .unchanged: return
        case .admitted: log.enlisted(sink: sinkKind)
        case .refused:
            log.unlike(reason: enlistment.reason(own: sinkKind) ?? "")
        case .hopeless:
            return onHopeless(enlistment.refusal?.sink ?? "")
        }
        guard enlistment.wasAdmitted else { return }
        report(isComplete: true)
        tellReady()
    }
}
