import Base
import Domain
import EventLoop
import Store

/// Leaves behind what the leader measured, and forgets of it what operators ask to forget.
final class CapacityKeeper {
    private let store: any HintStore
    private let log: any SchedulerLog
    private var done: [String: String] = [:]  // marks of requests that are done and may still be listed
    private var wroteSome = false
    private var looksNext = true  // for requests, at every second call: the leader forgets within a second
    /// Forgets what was learnt of this name; false where there is nothing of it, nil where another one leads by now.
    var onReset: ((String) -> Bool?)?
    /// What the next leader may begin with.
    var hints: (() -> [ResourceHint])?

    init(store: any HintStore, log: any SchedulerLog) {
        self.store = store
        self.log = log
    }

    /// To be called twice a second by the leader.
    func tend() {
        write()
        defer { looksNext.toggle() }
        guard looksNext else { return }
        store.resetRequests { [weak self] result in
            guard let self, case .success(let requests) = result else { return }
            done = done.filter { name, _ in requests.contains { $0.name == name } }
            for request in requests { carryOut(request) }
        }
    }

    private func write() {
        guard let hints = hints?() else { return }
        // Nothing is worth to be written once: what was forgotten must not be what the next leader finds.
        if !hints.isEmpty || wroteSome { store.save(hints) }
        wroteSome = !hints.isEmpty
    }

    private func carryOut(_ request: Store.ResetRequest) {
        // A store that takes no writes lists it again and again: once is enough.
        if done[request.name] != request.mark {
            guard let isKnown = onReset?(request.name) else { return }
            done[request.name] = request.mark
            log.capacityReset(name: request.name, isKnown: isKnown)
            write()
        }
        store.removeReset(request.name) { [weak self] result in
            if case .success = result { self?.done[request.name] = nil }
        }
    }
}
