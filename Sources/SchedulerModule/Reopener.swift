import Base
import Domain
import EventLoop
import Store

/// Looks at every item when a term begins, also at those that no mark or message tells of any more: the last leader may
/// have died between taking a mark away and looking again. After a restart of the store the durability checks come
/// first, then every item goes on.
///
/// There may be more items than calls that may be under way, and any call may fail: a bounded number goes out at once,
/// and what failed is asked again for as long as this process leads.
final class Reopener {
    private let loop: any Loop
    private let store: any ItemStore
    private let log: any SchedulerLog
    private var lastRunID = ""
    private var run = 0  // counts the beginnings; an older one ends when it notices
    private var backoff: Backoff

    /// Whether this process leads still.
    var leads: () -> Bool = { false }
    /// An item goes on, and is to be read; false where that failed.
    var onOpen: (ItemName, @escaping (Bool) -> Void) -> Void = { $1(true) }

    /// - Parameter seed: of the jitter between attempts.
    init(loop: any Loop, store: any ItemStore, seed: UInt64, log: any SchedulerLog) {
        self.loop = loop
        self.store = store
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
            // A process that met the store in this life only has nothing to check.
            let nodes = (try? result.get()) ?? []  // unheard: reopening what is there depends on no list of processes
            let hasDurabilityChecks = nodes.contains { $0.firstRunID != runID }
            loop.schedule(after: hasDurabilityChecks ? Limits.durabilityGrace : .zero) { [unowned self] in
                begin(run, in: runID)
            }
        }
    }

    private func isCurrent(_ run: Int, in runID: String) -> Bool {
        run == self.run && leads() && store.isReady && store.runID == runID
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
            reopen(names, Progress(of: names.count, since: begun), run, in: runID)
        }
    }

    /// What is done of one look at all items.
    private final class Progress {
        let items: Int
        let since: MonotonicInstant
        var done = 0
        var reopened = 0
        var toldAt: MonotonicInstant

        init(of items: Int, since: MonotonicInstant) {
            self.items = items
            self.since = since
            toldAt = since
        }
    }

    private func reopen(_ names: [ItemName], _ progress: Progress, _ run: Int, in runID: String) {
        var failed: [ItemName] = []
        Lanes.run(names, atOnce: Limits.itemsAtOnce) { [unowned self] name, done in
            guard isCurrent(run, in: runID) else { return done() }
            reopen(name, progress) { isDone in
                if isDone { progress.done += 1 } else { failed.append(name) }
                done()
            }
        } completion: { [unowned self] in
            guard isCurrent(run, in: runID) else { return }
            guard !failed.isEmpty else { return finished(progress) }
            log.reopening(done: progress.done, items: progress.items)
            loop.schedule(after: backoff.next()) { [unowned self] in
                if isCurrent(run, in: runID) { reopen(failed, progress, run, in: runID) }
            }
        }
    }

    private func reopen(_ name: ItemName, _ progress: Progress, _ completion: @escaping (Bool) -> Void) {
        store.reopen(ItemKeys(name)) { [unowned self] result in
            switch result {
            case .success(let wasClosedOff):
                if wasClosedOff { tell(name, progress) }
                onOpen(name, completion)
            case .failure(.unknownItem): completion(true)
            case .failure: completion(false)
            }
        }
    }

    /// Each one by its name, as long as they are few; of many how far it got.
    private func tell(_ name: ItemName, _ progress: Progress) {
        progress.reopened += 1
        if progress.items <= Limits.itemsNamed { return log.reopened(item: name) }
        guard loop.now - progress.toldAt >= .seconds(5) else { return }
        progress.toldAt = loop.now
        log.reopening(done: progress.done, items: progress.items)
    }

    private func finished(_ progress: Progress) {
        guard progress.reopened > 0 else { return }
        log.reopenedAll(items: progress.reopened, took: loop.now - progress.since)
    }
}
