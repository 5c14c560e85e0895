import Base
import Domain
import EventLoop
import Store

/// Keeps what the leader measured in the store, for the next leader, and carries out the resets that operators request.
final class CapacityKeeper {
    private let store: any HintStore
    private let log: any SchedulerLog
    private var done: [String: String] = [:]  // marks of carried-out requests that may still be listed
    private var hasWritten = false  // the last hints were not empty
    private var readsRequests = true  // at every second call of `tend`, so that a reset takes a second at most
    /// Forgets what was measured under this name; false where nothing was, nil where this process leads no more.
    var onReset: (String) -> Bool? = { _ in nil }
    /// What the next leader may begin with; empty where nothing was measured.
    var onMeasure: () -> [ResourceHint] = { [] }
    /// What the last leader measured.
    var onHints: ([ResourceHint]) -> Void = { _ in }

    init(store: any HintStore, log: any SchedulerLog) {
        self.store = store
        self.log = log
    }

    /// Goes on from what the last leader measured; without it every window would begin at two.
    func readHints() {
        store.hints { [weak self] result in
            if case .success(let hints) = result { self?.onHints(hints) }
        }
    }

    /// The leader calls this twice a second.
    func tend() {
        write()
        defer { readsRequests.toggle() }
        guard readsRequests else { return }
        store.resetRequests { [weak self] result in
            guard let self, case .success(let requests) = result else { return }
            done = done.filter { name, _ in requests.contains { $0.name == name } }
            for request in requests { carryOut(request) }
        }
    }

    private func write() {
        let hints = onMeasure()
        // An empty list is written once, after one that was not: the next leader must not find what was forgotten.
        if !hints.isEmpty || hasWritten { store.save(hints) }
        hasWritten = !hints.isEmpty
    }

    private func carryOut(_ request: Store.ResetRequest) {
        // A store that takes no writes lists the same request again and again. It is carried out once.
        if done[request.name] != request.mark {
            guard let isKnown = onReset(request.name) else { return }
            done[request.name] = request.mark
            log.capacityReset(name: request.name, isKnown: isKnown)
            write()
        }
        store.removeReset(request.name) { [weak self] result in
            if case .success = result { self?.done[request.name] = nil }
        }
    }
}
