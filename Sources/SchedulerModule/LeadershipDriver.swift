import Base
import Domain
import EventLoop
import Store

/// Performs what `Leadership` decides: calls the store, and keeps the one timer.
final class LeadershipDriver {
    private let loop: any Loop
    private let store: any LeadStore
    private let node: String
    private var machine = Leadership()
    private lazy var timer = OneTimer(loop: loop) { [unowned self] in handle(.woken) }

    /// A claim is made; returns the highest term known, since an emptied store may count from a lower one.
    var onClaim: () -> Int64 = { 0 }
    var onBegin: (_ term: Int64) -> Void = { _ in }
    var onStepDown: (_ isOvertaken: Bool) -> Void = { _ in }

    init(loop: any Loop, store: any LeadStore, node: String) {
        self.loop = loop
        self.store = store
        self.node = node
    }

    var isLeader: Bool { machine.isLeader }
    var mayGrant: Bool { machine.mayGrant(now: loop.now) }
    var ledFor: TimeSpan { machine.ledFor(now: loop.now) }

    func connected() { handle(.connected) }
    func disconnected() { handle(.disconnected) }

    /// Gives the leadership up for good, then calls `completion`.
    func stop(completion: @escaping () -> Void) {
        timer.set(nil)
        let actions = machine.handle(.stopped, now: loop.now)
        guard actions.contains(.yield), store.isReady else { return completion() }
        store.lead(as: node, lease: .zero) { _ in completion() }  // unheard: else the lease runs out
    }

    private func handle(_ event: Leadership.Event) {
        for action in machine.handle(event, now: loop.now) { perform(action) }
    }

    private func perform(_ action: Leadership.Action) {
        switch action {
        case .claim(let since):
            timer.set(nil)
            store.lead(as: node, lease: Limits.leaderLease, above: onClaim()) { [unowned self] result in
                handle(.claimed(since: since, Leadership.Answer(result)))
            }
        case .yield:
            guard store.isReady else { return handle(.yielded(isConfirmed: false)) }
            store.lead(as: node, lease: .zero) { [unowned self] result in
                let isConfirmed = if case .success = result { true } else { false }
                handle(.yielded(isConfirmed: isConfirmed))
            }
        case .wake(let time): timer.set(time)
        case .begin(let term): onBegin(term)
        case .stepDown(let isOvertaken): onStepDown(isOvertaken)
        }
    }
}

extension Leadership.Answer {
    fileprivate init(_ result: Result<Store.Leadership, StoreFailure>) {
        switch result {
        case .success(.leads(let term)): self = .leads(term: term)
        case .success(.follows(let leaseEnds)): self = .follows(leaseEnds: leaseEnds)
        case .failure: self = .failed
        }
    }
}
