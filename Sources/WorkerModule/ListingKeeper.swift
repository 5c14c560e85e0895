import Base
import Domain
import EventLoop
import Store

/// Puts this worker on the list of workers, and keeps it there.
final class ListingKeeper {
    private let loop: any Loop
    private let store: any WorkerStore
    private let worker: String
    private let sink: SinkKind
    private let log: any WorkerLog
    private(set) var enlistment = Enlistment()
    private var isStopped = false
    private(set) var failures: UInt64 = 0

    /// The store has answered a worker that was admitted once.
    var onAnswered: () -> Void = {}
    /// At the start: all other workers have another sink, of this name.
    var onHopeless: (String) -> Void = { _ in }

    init(loop: any Loop, store: any WorkerStore, worker: String, sink: SinkKind, log: any WorkerLog) {
        self.loop = loop
        self.store = store
        self.worker = worker
        self.sink = sink
        self.log = log
    }

    /// Answers count no more from now on; while what it holds is ended, it stays on the list.
    func stop() { isStopped = true }

    /// The connection is new, or the store other data: nothing is taken before it has confirmed.
    func forget() { enlistment.forget() }

    /// With every beat: again before the store forgets, and while it refuses.
    func renew() {
        if enlistment.isDue(now: loop.now) { ask() }
    }

    /// At the start, and whenever this worker may have been taken for dead and forgotten.
    func enlist() {
        if !isStopped { ask() }
    }

    private func ask() {
        let asked = loop.now
        enlistment.asked(now: asked)
        store.enlist(worker, sink: sink) { [unowned self] result in
            guard !isStopped else { return }
            switch result {
            case .failure(let failure):
                failures += 1
                if failure != .unreachable { log.notListed(failure) }
            case .success(let answer): follow(enlistment.answered(answer, asked: asked))
            }
        }
    }

    private func follow(_ verdict: Enlistment.Verdict) {
        switch verdict {
        case .unchanged where enlistment.refusal == nil: break
        case .unchanged: return
        case .admitted: log.enlisted(sink: sink)
        case .refused: log.unlike(reason: enlistment.reason(own: sink) ?? "")
        case .hopeless: return onHopeless(enlistment.refusal?.sink ?? "")
        }
        if enlistment.wasAdmitted { onAnswered() }
    }
}
