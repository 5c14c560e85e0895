import Base
import Domain
import EventLoop
import Store

/// Reopens and reads every item when a term begins. Items without a mark and without a notification are included: the
/// last leader may have died after it removed a mark and before it read the item again. After a restart of the store
/// the processes get time for their durability checks first.
///
/// There may be more items than calls that may be under way, and any call may fail: a bounded number of calls goes out
/// at once, and those that failed are made again for as long as this process leads.
final class Reopener {
    private let loop: any Loop
    private let store: any ItemStore
    private let leadership: LeadershipDriver
    private let log: any SchedulerLog
    private var lastRunID = ""
    private var run = 0  // number of the present pass over all items; an older pass ends at its next step
    private var backoff: Backoff

    /// An item was reopened, and must be read; call back with false where that failed.
    var onOpen: (ItemName, @escaping (Bool) -> Void) -> Void = { $1(true) }

    /// - Parameter seed: of the jitter between attempts.
    init(loop: any Loop, store: any ItemStore, leadership: LeadershipDriver, seed: UInt64, log: any SchedulerLog) {
        self.loop = loop
        self.store = store
        self.leadership = leadership
        self.log = log
        backoff = Backoff(bounds: .init(base: .milliseconds(100), cap: .seconds(2)), seed: seed)
    }

    func reopenItems() {
        let runID = store.runID
        run += 1
        let run = run
        backoff.reset()
        guard lastRunID != runID else { return begin(run, in: runID) }
        store.nodes { [unowned self] result in
            // A process that knows the store in this life alone has nothing to check.
            let nodes = (try? result.get()) ?? []  // unheard: reopening what is there depends on no list of processes
            let hasDurabilityChecks = nodes.contains { $0.firstRunID != runID }
            loop.schedule(after: hasDurabilityChecks ? Limits.durabilityGrace : .zero) { [unowned self] in
                begin(run, in: runID)
            }
        }
    }

    private func isCurrent(_ run: Int, in runID: String) -> Bool {
        run == self.run && leadership.isLeader && store.isReady && store.runID == runID
    }

    private func begin(_ run: Int, in runID: String) {
        guard isCurrent(run, in: runID) else { return }
        lastRunID = runID
        let begun = loop.now
        store.itemNames { [unowned self] result in
            guard case .success(let names) = result else {
                loop.schedule(after: backoff.next()) { [unowned self] in begin(run, in: runID) }
                return
            }
            reopen(names, Progress(of: names.count, since: begun, log: log), run, in: runID)
        }
    }

    /// How far one pass over all items has got.
    private final class Progress {
        private let items: Int
        private let since: MonotonicInstant
        private let log: any SchedulerLog
        private var done = 0
        private var reopened = 0
        private var loggedAt: MonotonicInstant

        init(of items: Int, since: MonotonicInstant, log: any SchedulerLog) {
            self.items = items
            self.since = since
            self.log = log
            loggedAt = since
        }

        func itemDone() {
            done += 1
            assert(done <= items, "an item was done twice in one pass")
        }

        /// Logs each item by its name where there are few, and how far the pass has got where there are many.
        func itemReopened(_ name: ItemName, now: MonotonicInstant) {
            reopened += 1
            if items <= Limits.itemsNamed { return log.reopened(item: name) }
            guard now - loggedAt >= .seconds(5) else { return }
            loggedAt = now
            logProgress()
        }

        func logProgress() { log.reopening(done: done, items: items) }

        func finished(now: MonotonicInstant) {
            assert(done == items, "a pass ends with all of its items done")
            if reopened > 0 { log.reopenedAll(items: reopened, took: now - since) }
        }
    }

    private func reopen(_ names: [ItemName], _ progress: Progress, _ run: Int, in runID: String) {
        var failed: [ItemName] = []
        Lanes.run(names, atOnce: Limits.itemsAtOnce) { [unowned self] name, done in
            guard isCurrent(run, in: runID) else { return done() }
            reopen(name, progress) { isDone in
                if isDone { progress.itemDone() } else { failed.append(name) }
                done()
            }
        } completion: { [unowned self] in
            guard isCurrent(run, in: runID) else { return }
            guard !failed.isEmpty else { return progress.finished(now: loop.now) }
            progress.logProgress()
            loop.schedule(after: backoff.next()) { [unowned self] in
                if isCurrent(run, in: runID) { reopen(failed, progress, run, in: runID) }
            }
        }
    }

    private func reopen(_ name: ItemName, _ progress: Progress, _ completion: @escaping (Bool) -> Void) {
        store.reopen(ItemKeys(name)) { [unowned self] result in
            switch result {
            case .success(let wasClosedOff):
                if wasClosedOff { progress.itemReopened(name, now: loop.now) }
                onOpen(name, completion)
            case .failure(.unknownItem): completion(true)
            case .failure: completion(false)
            }
        }
    }
}
