import Base
import Domain
import EventLoop
import Store

/// Performs what `SeriesSampling` decides: keeps the series of every item, while this process leads.
final class SeriesSampler {
    private let loop: any Loop
    private let store: any SeriesStore
    private let leadership: LeadershipDriver
    private var machine = SeriesSampling()
    private var term: Int64 = 0
    private lazy var timer = OneTimer(loop: loop) { [unowned self] in work() }
    /// Points written.
    private(set) var points: UInt64 = 0

    init(loop: any Loop, store: any SeriesStore, leadership: LeadershipDriver) {
        self.loop = loop
        self.store = store
        self.leadership = leadership
    }

    // MARK: Events

    func begin(term: Int64) {
        self.term = term
        machine.begin(now: loop.now, wall: loop.wallNow)
    }

    func end() {
        machine.end()
        timer.set(nil)
    }

    /// A change was notified, or an item was read.
    func itemChanged(_ name: ItemName, incarnation: UInt64, version: Int64) {
        machine.itemChanged(name, incarnation: incarnation, version: version, now: loop.now)
        timer.set(machine.nextCallAt)
    }

    // MARK: Calls

    private func work() {
        guard machine.nextCallAt != nil else { return timer.set(nil) }
        // The leadership may be confirmed again, or end, which ends this too.
        guard leadership.mayGrant, store.isReady else { return timer.set(loop.now + Limits.samplePeriod) }
        for name in machine.take(now: loop.now) { sample(name) }
        timer.set(machine.nextCallAt)
    }

    private func sample(_ name: ItemName) {
        let term = term
        store.sample(ItemReference(ItemKeys(name), incarnation: nil), term: term) { [weak self] result in
            guard let self, term == self.term else { return }
            switch result {
            case .success(.done(let incarnation, let version, let waiting, let storeTime, let isWritten)):
                if isWritten { points += 1 }
                machine.answered(
                    name,
                    .done(incarnation: incarnation, version: version, isWaiting: waiting > 0, storeTime: storeTime),
                    now: loop.now)
            case .success(.outdated): machine.end()  // another process leads, as this one is about to notice
            case .failure(.unknownItem): machine.answered(name, .gone, now: loop.now)
            case .failure: machine.answered(name, .failed, now: loop.now)
            }
            work()
        }
    }
}
