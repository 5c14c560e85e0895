import Base
import Domain
import EventLoop
import Store

// DESIGN
// What is older than the retention is removed in passes, one every ten minutes: first pointers, then entries of the
// ledgers, one item after the other and a slice at a time with a pause behind it, so that a pass over a long sale takes
// a tenth of the store's time at most. A pass that fails, or whose term ends, is given up: the next one goes on.

/// Removes what is older than the retention from the feed, while this process leads.
final class FeedTrimmer {
    private let loop: any Loop
    private let store: any FeedStore
    private let leadership: LeadershipDriver
    private let retention: TimeSpan
    private let period: TimeSpan
    private var nextPass: MonotonicInstant
    private var pass: [ItemName] = []  // items that are left
    private var isRunning = false
    /// Entries of ledgers.
    private(set) var removed: UInt64 = 0

    init(
        loop: any Loop, store: any FeedStore, leadership: LeadershipDriver, retention: TimeSpan,
        period: TimeSpan = Limits.trimPeriod
    ) {
        self.loop = loop
        self.store = store
        self.leadership = leadership
        self.retention = retention
        self.period = period
        nextPass = loop.now + period
    }

    /// The process calls this regularly; begins a pass when its time has come.
    ///
    /// - Parameter items: all that are known.
    func tend(_ items: some Sequence<ItemName>) {
        guard mayWork, !isRunning, loop.now >= nextPass else { return }
        nextPass = loop.now + period
        (pass, isRunning) = (Array(items), true)
        trimPointers()
    }

    private var mayWork: Bool { leadership.mayGrant && store.isReady }

    /// Where the store's clock differs, more or less is kept by as much: a retention is hours, clocks part by less.
    private var horizon: WallInstant { loop.wallNow + (.zero - retention) }

    private func trimPointers() {
        guard mayWork else { return end() }
        store.trimPointers(before: horizon) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure: end()
            case .success(let count): count > 0 ? rest { $0.trimPointers() } : trimItem()
            }
        }
    }

    private func trimItem() {
        guard mayWork, let item = pass.last else { return end() }
        store.trim(ItemReference(ItemKeys(item), incarnation: nil), before: horizon) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let slice):
                removed += UInt64(max(0, slice.removed))
                if !slice.isMoreLeft { pass.removeLast() }
                if slice.removed > 0 { rest { $0.trimItem() } } else { trimItem() }
            // One that is gone, or waits to be reopened, is passed over.
            case .failure(.unknownItem), .failure(.stale), .failure(.otherIncarnation):
                pass.removeLast()
                trimItem()
            case .failure: end()
            }
        }
    }

    private func rest(_ then: @escaping (FeedTrimmer) -> Void) {
        loop.schedule(after: Limits.trimPause) { [weak self] in self.map(then) }
    }

    private func end() { (pass, isRunning) = ([], false) }
}
