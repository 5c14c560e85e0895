public import Base
import Domain
public import TestKit

/// What may go wrong in a sale until the faults end.
public struct SaleFaults: Sendable {
    public var link = ModelFaults()
    public var workerCrashes = 0
    public var schedulerCrashes = 0
    public var processPauses = 0  // of workers and schedulers, up to 6 s
    public var cutMessages = 0
    public var itemPauses = 0
    public var storeRestarts = 0  // with all that Redis had
    public var storeRollbacks = 0  // restarts with what it had up to a second before
    public var storeEmptyings = 0
    public var clockJumps = 0  // of Redis, and of the machine of a scheduler, up to an hour
    public init() {}

    /// After a loss operators inspect what is left, then let frozen items go on and make lost ones again.
    public static let inspection = TimeSpan.seconds(4)

    /// When nothing happens any more that is not the drivers' work.
    public var lastAct: TimeSpan { end + (storeRollbacks + storeEmptyings > 0 ? Self.inspection : .zero) }

    public var end: TimeSpan {
        get { link.end }
        set { link.end = newValue }
    }
}

extension SaleRun {
    /// Purchases come in bursts, spread over `span`; and the faults happen that are not one message's.
    public func plan(over span: TimeSpan) {
        for index in 0..<size.items {
            var left = size.purchases
            while left > 0 {
                let count = min(left, 1 + world.below(64))
                left -= count
                after(world.moment(in: span)) { $0.admit(count, to: index) }
            }
        }
        for _ in 0..<faults.itemPauses {
            let index = Int(world.below(Int64(size.items)))
            let pausedAt = min(world.moment(in: faults.end), faults.end - .milliseconds(2))
            after(pausedAt) { $0.pause(index) }
            // All go on in the end; the notification is as bad as everything else.
            after(faults.end - .milliseconds(1)) { $0.resume(index) }
        }
        each(faults.workerCrashes) { run in
            guard run.workerCount > 0 else { return }
            run.kill(worker: Int(run.world.below(Int64(run.workerCount))))
            run.after(.milliseconds(run.world.below(2_000))) { $0.startWorker() }
        }
        each(faults.schedulerCrashes) { run in
            guard run.schedulerCount > 0 else { return }
            run.killScheduler()
            run.after(.milliseconds(run.world.below(3_000))) { $0.startScheduler() }
        }
        each(faults.processPauses) { run in
            // It is awake again when the faults end.
            let left = run.faults.end.nanoseconds - run.world.now.nanoseconds
            let span = TimeSpan.nanoseconds(min(left, run.world.moment(in: .seconds(6)).nanoseconds))
            if run.world.below(3) == 0 { return run.pauseScheduler(for: span) }
            guard run.workerCount > 0 else { return }
            run.pause(worker: Int(run.world.below(Int64(run.workerCount))), for: span)
        }
        each(faults.cutMessages) { run in
            if run.world.below(2) == 0 || run.workerCount == 0 { return run.cutMessages() }
            run.cutMessages(worker: Int(run.world.below(Int64(run.workerCount))))
        }
        each(faults.storeRestarts) { $0.restartStore() }
        let isOfMachine = faults.clockJumps > 0 && world.below(3) == 0
        each(faults.clockJumps) { $0.moveClock(ofMachine: isOfMachine) }
        planLosses()
    }

    /// One clock jumps in a run: where both do, a new leader can't know what is true (ADR 0030). Half of the jumps are
    /// undone a moment later.
    private func moveClock(ofMachine isOfMachine: Bool) {
        let span = TimeSpan.milliseconds(1 + world.below(3_600_000)) * (world.below(2) == 0 ? 1 : -1)
        let left = TimeSpan.nanoseconds(faults.end.nanoseconds - world.now.nanoseconds)
        let isUndone = world.below(2) == 0
        if isOfMachine {
            if schedulerCount > 0 { moveClock(scheduler: 0, by: span) }
            return
        }
        store.moveClock(by: span)
        if isUndone { after(world.moment(in: min(left, .seconds(4)))) { $0.store.moveClock(by: .zero - span) } }
    }

    private func planLosses() {
        each(faults.storeRollbacks) { run in
            let (image, before) = (run.store.image, run.rollbacks.count)
            let left = TimeSpan.nanoseconds(run.faults.end.nanoseconds - run.world.now.nanoseconds)
            run.after(min(run.world.moment(in: .seconds(1)), left)) {
                // What another rollback has undone meanwhile does not come back.
                $0.restartStore(with: $0.rollbacks.count > before ? $0.rollbacks[before] : image)
            }
        }
        each(faults.storeEmptyings) { run in
            run.emptyStore(isRestarted: run.world.below(2) == 0)
            run.after(SaleFaults.inspection) { $0.makeItemsAgain() }
        }
        if faults.storeRollbacks > 0 { after(faults.lastAct) { $0.thaw() } }
    }

    private func each(_ count: Int, _ event: @escaping (SaleRun) -> Void) {
        for _ in 0..<count { after(world.moment(in: faults.end), event) }
    }
}

extension SaleFaults {
    /// Every message is lost for so long.
    public static func deafFor(_ span: TimeSpan) -> SaleFaults {
        var faults = SaleFaults()
        faults.link.lostPerMille = 1_000
        faults.end = span
        return faults
    }
}
