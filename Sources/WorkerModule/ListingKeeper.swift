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

    /// Answers are ignored from now on; the worker stays on the list while it ends what it holds.
    func stop() { isStopped = true }

    /// The connection is new, or the store has other data: nothing is taken before the store has confirmed.
    func forget() { enlistment.forget() }

    /// To be called with every beat; sends before the store may forget this worker, and while it refuses.
    func renew() {
        if enlistment.isDue(now: loop.now) { send() }
    }

    /// At the start, and whenever this worker may have been taken for dead and forgotten.
    func enlist() {
        if !isStopped { send() }
    }

    private func send() {
        let sent = loop.now
        enlistment.sent(now: sent)
        store.enlist(worker, sink: sink) { [unowned self] result in
            guard !isStopped else { return }
            switch result {
            case .failure(let failure):
                failures += 1
                if failure != .unreachable { log.notListed(failure) }
            case .success(let answer): follow(enlistment.answered(answer, sent: sent))
            }
        }
    }

    private func follow(_ verdict: Enlistment.Verdict) {
        switch verdict {
        case .unchanged where enlistment.refusal == nil: break
        case .unchanged: return
        case .admitted: log.enlisted(sink: sink)
        case .refused: log.sinkDiffers(reason: enlistment.reason(own: sink) ?? "")
        case .hopeless: return onHopeless(enlistment.refusal?.sink ?? "")
        }
        if enlistment.wasAdmitted { onAnswered() }
    }
}
