import Base
import Domain
import EventLoop
import Store

/// Performs what `FeedPointing` decides: keeps the feed of all items, while this process leads.
final class FeedWriter {
    private let loop: any Loop
    private let store: any FeedStore
    private let leadership: LeadershipDriver
    private var machine = FeedPointing()
    private var term: Int64 = 0
    private lazy var timer = OneTimer(loop: loop) { [unowned self] in work() }
    /// Pointers written.
    private(set) var pointers: UInt64 = 0

    init(loop: any Loop, store: any FeedStore, leadership: LeadershipDriver) {
        self.loop = loop
        self.store = store
        self.leadership = leadership
    }

    // MARK: Events

    func begin(term: Int64) {
        self.term = term
        machine.begin()
    }

    func end() {
        machine.end()
        timer.set(nil)
    }

    /// A change was notified, or an item was read.
    func itemChanged(_ name: ItemName, incarnation: UInt64, version: Int64) {
        machine.itemChanged(name, incarnation: incarnation, version: version, now: loop.now)
        work()
    }

    // MARK: Calls

    private func work() {
        guard leadership.mayGrant, store.isReady, let next = machine.nextCallAt else { return timer.set(nil) }
        guard next <= loop.now else { return timer.set(next) }
        for name in machine.takeLooks(now: loop.now) { look(at: name) }
        let ends = machine.takeEnds(now: loop.now)
        if !ends.isEmpty { append(ends) }
        timer.set(machine.nextCallAt)
    }

    private func look(at name: ItemName) {
        store.ledgerEnd(of: ItemKeys(name)) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let end):
                machine.looked(
                    name, .at(incarnation: end.incarnation, version: end.version, last: end.last), now: loop.now)
            case .failure(.unknownItem): machine.looked(name, .gone, now: loop.now)
            case .failure: machine.looked(name, .failed, now: loop.now)
            }
            work()
        }
    }

    private func append(_ ends: [FeedPointing.End]) {
        let term = term
        store.point(ends, term: term) { [weak self] result in
            guard let self, term == self.term else { return }
            switch result {
            case .success(.done(let written)):
                pointers += UInt64(max(0, written))
                machine.appended(now: loop.now)
            case .success(.outdated): machine.end()  // another process leads, as this one is about to notice
            case .failure: machine.appendFailed(now: loop.now)
            }
            work()
        }
    }
}
