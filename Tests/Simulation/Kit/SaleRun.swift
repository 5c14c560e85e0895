public import Base
public import Domain
import SchedulerModule
import Store
public import TestKit
import WorkerModule

/// Items, workers and schedulers in virtual time: the product's drivers before a model of the store, whose calls and
/// messages may be lost, doubled, late or reordered, and whose processes crash and stand still.
public final class SaleRun {
    /// Silence after which a worker counts as lost.
    public static let lease = TimeSpan.seconds(3)

    public let world: VirtualWorld
    public let store: ModelStore
    public let size: Size
    let faults: SaleFaults
    private let service: OrderServiceModel
    public let orderService: SimulatedOrderService?
    private let losses: LossCheck
    public let payers: Payers
    /// What the store came back with, each time that it was less.
    public private(set) var rollbacks: [ModelStore.Image] = []
    private var workers: [WorkerNode] = []
    private var schedulers: [SchedulerNode] = []
    private var gone: [AnyObject] = []  // processes that ended: what they wait for still refers to them
    private var ended = (grants: UInt64(0), unreadable: 0, outdated: 0)
    private var problem: String?  // found by the checks of processes that ended
    private var startedWorkers = 0
    private var startedSchedulers = 0
    private var buyers = 0
    /// Orders take so many times as long.
    public var slowness: Int64 = 1

    public init(seed: UInt64, size: Size = Size(), faults: SaleFaults = SaleFaults()) {
        world = VirtualWorld(seed: seed)
        store = ModelStore(world)
        service = OrderServiceModel(world, refusedPerMille: size.refusedPerMille)
        orderService = size.orderService.map { [world, service] in
            SimulatedOrderService(world, $0.model, decisions: service)
        }
        self.size = size
        self.faults = faults
        losses = LossCheck()
        payers = Payers(world, store)
        for index in 0..<size.items {
            let stock = size.stock.lowerBound + world.below(size.stock.upperBound - size.stock.lowerBound + 1)
            losses.stocks[name(index)] = stock
            _ = put(name(index), creation: .ofTheFirst)
        }
        if size.payWindow > .zero { payers.follow() }
        for _ in 0..<size.workers { startWorker() }
        startScheduler()
    }

    deinit {
        store.close()
        world.close()
    }

    // MARK: Time

    public func run(to end: TimeSpan) { world.run(to: MonotonicInstant(nanoseconds: end.nanoseconds)) }

    public func run(for span: TimeSpan) { world.run(to: world.now + span) }

    public func after(_ delay: TimeSpan, _ event: @escaping (SaleRun) -> Void) {
        world.after(delay) { [unowned self] in event(self) }
    }

    // MARK: Buyers and operators

    public func name(_ index: Int) -> ItemName { ItemName("item-\(index)")! }

    private func put(_ name: ItemName, creation: Store.Creation) -> Store.PutOutcome {
        store.put(name, stock: losses.stocks[name]!, creation: creation) {
            $0.queueLimit = 1_000_000
            $0.perUserLimit = 0
            $0.payWindow = size.payWindow.wholeMilliseconds
            $0.payGrace = size.payGrace.wholeMilliseconds
            $0.paySpread = size.paySpread.wholeMilliseconds
        }
    }

    public func admit(_ count: Int64, to index: Int) {
        let buys = (0..<count).map { _ in
            buyers += 1
            return (user: "user\(buyers)", key: UInt64(0), quantity: 1 + world.below(size.largestQuantity))
        }
        store.admit(buys, to: name(index))
    }

    /// So many purchases come, and are in doubt at once: the order service never answered for them.
    public func admitInDoubt(_ count: Int64, to index: Int) {
        admit(count, to: index)
        store.leaveInDoubt(count, of: name(index))
    }

    /// Refused where the item is not reopened after a restart.
    @discardableResult
    public func pause(_ index: Int) -> Bool { store.alter(name(index)) { $0.set(\.isPaused, true) } }

    public func resume(_ index: Int) { alter(name(index)) { $0.set(\.isPaused, false) } }

    /// An operator tries until the item is reopened.
    private func alter(_ name: ItemName, _ change: @escaping (inout ModelItem) -> Void) {
        if !store.alter(name, change) { after(.milliseconds(100)) { $0.alter(name, change) } }
    }

    /// Operators let all items go on that are frozen or paused.
    public func thaw() {
        for name in store.names where store[name].map({ $0.settings.isFrozen || $0.settings.isPaused }) ?? false {
            alter(name) { item in
                item.set(\.isFrozen, false)
                item.set(\.isPaused, false)
            }
        }
    }

    /// Makes the items of a store that was emptied, and sells them once more.
    public func makeItemsAgain() {
        for index in 0..<size.items where store[name(index)] == nil {
            let outcome = put(name(index), creation: .ofTheFirst)
            losses.madeAgain(name(index), outcome) { [self] worker, time in
                workers.contains { $0.id == worker && $0.link.isReady && $0.loop.pausedUntil < time }
            }
            if outcome != .created { _ = put(name(index), creation: .asNew) }
            admit(min(size.purchases, 50), to: index)
        }
    }

    // MARK: Processes

    public func startWorker() {
        startedWorkers += 1
        let node = WorkerNode(
            "worker-\(startedWorkers)", world: world, store: store, faults: faults.link, sink: sink, losses: losses)
        node.sink?.slowness = { [unowned self] in slowness }
        workers.append(node)
    }

    private var sink: WorkerNode.Sink {
        let group = size.group.map { SinkGroup(name: $0.name, capPerSecond: $0.cap) }
        if let setup = size.orderService, let orderService {
            return .webhook(setup, group ?? SinkGroup(name: "default", capPerSecond: nil), orderService)
        }
        guard size.slots > 0 else { return .none }
        let settings = ModelSink.Settings(
            slots: size.slots, execution: size.execution, unevenPercent: size.unevenPercent,
            failingPerMille: size.failingPerMille, group: group)
        return .model(settings, service)
    }

    /// It leaves all that it held behind.
    public func kill(worker index: Int) {
        let node = workers.remove(at: index)
        node.loop.kill()
        losses.ended(node.id)
        ended.outdated += node.audit.outdated
        bury(node, node.messages, node.audit.problem)
    }

    public func startScheduler() {
        startedSchedulers += 1
        schedulers.append(
            SchedulerNode(
                "scheduler-\(startedSchedulers)", world: world, store: store, faults: faults.link, lease: Self.lease))
    }

    public func killScheduler(_ index: Int = 0) {
        let node = schedulers.remove(at: index)
        node.loop.kill()
        ended.grants += node.driver.figures.grants
        bury(node, node.messages, node.books.problem)
    }

    /// The scheduler that leads stops in order; it is gone a moment later.
    public func stopLeader() {
        guard let index = schedulers.firstIndex(where: \.driver.isLeader) else { return }
        let node = schedulers.remove(at: index)
        ended.grants += node.driver.figures.grants
        bury(node, node.messages, node.books.problem)
        node.driver.stop {}
        after(.milliseconds(2)) { _ in node.loop.kill() }
    }

    private func bury(_ node: AnyObject, _ messages: ModelMessages, _ problem: String?) {
        gone.append(node)
        ended.unreadable += messages.unreadable
        self.problem = self.problem ?? problem
    }

    public var workerCount: Int { workers.count }
    public var schedulerCount: Int { schedulers.count }
    func pause(worker index: Int, for span: TimeSpan) { workers[index].loop.pause(for: span) }
    func pauseScheduler(for span: TimeSpan) { schedulers.first?.loop.pause(for: span) }
    public func pauseLeader(for span: TimeSpan) { schedulers.first { $0.driver.isLeader }?.loop.pause(for: span) }
    /// The civil time of a scheduler's machine is put ahead, or back.
    func moveClock(scheduler index: Int, by span: TimeSpan) { schedulers[index].loop.moveWallClock(by: span) }
    func cutMessages(worker index: Int) { workers[index].messages.cut() }
    func cutMessages() { schedulers.first?.messages.cut() }

    /// Redis is killed and comes back, with what it has or with what it had.
    public func restartStore(with image: ModelStore.Image? = nil) {
        if let image {
            for item in losses.rollsBack(store, to: image) { service.rollsBack(item) }
            rollbacks.append(image)
        }
        store.restart(with: image)
    }

    /// All keys of Redis are gone.
    public func emptyStore(isRestarted: Bool = false) {
        losses.empties(store, now: world.now)
        for worker in workers { worker.audit.stop() }
        store.empty()
        if isRestarted { store.restart() }
    }

    // MARK: What was seen

    /// Of the scheduler that leads; empty while none does.
    public var resources: [CapacityResource] { schedulers.first { $0.driver.isLeader }?.driver.resources ?? [] }
    /// That it leads in; 0 while none does.
    public var term: Int64 { schedulers.first { $0.driver.isLeader }?.driver.term ?? 0 }
    /// By how much the store's clock parts from the one by which the leader ends holds.
    public var clocksApart: TimeSpan { schedulers.first { $0.driver.isLeader }?.driver.clocksApart ?? .zero }
    /// How long after its deadline each hold ended, microseconds.
    public var holdLateness: Histogram {
        schedulers.reduce(into: Histogram()) { $0.merge($1.driver.holdLateness) }
    }
    public var hasLeader: Bool { schedulers.contains { $0.driver.isLeader } }
    /// When calls to the order service began, in order.
    public var ordersBegan: [MonotonicInstant] { service.calls }
    public var paidCalls: Int { service.paidCalls.count }
    public var permittedCalls: Int { service.permittedCalls.count }
    public var grants: UInt64 { schedulers.reduce(ended.grants) { $0 + $1.driver.figures.grants } }
    /// Purchases that were taken, each counted once.
    public var winners: Int { store.names.indices.reduce(0) { $0 + store.winners($1) } }
    /// Units of purchases that are in doubt, or taken and not ended.
    public var inDoubt: Int64 { store.names.indices.reduce(0) { $0 + store.counters($1).held } }
    /// Grants that workers received after one of a newer term.
    public var outdatedGrants: Int { workers.reduce(ended.outdated) { $0 + $1.audit.outdated } }
    /// Calls on items, without the upkeep of the processes.
    public var calls: Int { store.itemCalls }

    /// Items that could give something and don't.
    public var undrained: [String] {
        store.names.indices.compactMap { index in
            let counters = store.counters(index)
            let hasWork = counters.redo > 0 || counters.waiting > 0 && counters.free > 0
            let isStopped = store[store.names[index]].map { $0.settings.isPaused || $0.settings.isFrozen } ?? true
            return hasWork && !isStopped ? "\(store.names[index]): \(counters)" : nil
        }
    }

    /// An item that goes on though a living process saw more of it than the store has; to be read before operators act.
    public var unnoticedLoss: String? { losses.unnoticed(store) }

    /// The first thing that must never be, as far as it shows now.
    public var violation: String? {
        let found = problem ?? service.problem ?? orderService?.problem ?? payers.problem
        if let problem = found ?? losses.firstProblem(store, service) { return problem }
        let unreadable =
            workers.reduce(ended.unreadable) { $0 + $1.messages.unreadable }
            + schedulers.reduce(0) { $0 + $1.messages.unreadable }
        if unreadable > 0 { return "\(unreadable) messages can't be read" }
        for worker in workers {
            if let problem = worker.audit.problem { return problem }
            if losses.isClean, worker.driver.figures.unknown > 0 { return "\(worker.id) settled what was never taken" }
        }
        for node in schedulers {
            if let problem = node.books.problem ?? node.driver.imbalances.first { return problem }
        }
        for name in store.names {
            if let item = store[name], let problem = check(item) { return "\(name): \(problem)" }
        }
        return nil
    }

    private func check(_ item: NotifyingItem) -> String? {
        let model = item.item
        if model.winners != model.winners.sorted() { return "out of order" }
        guard size.slots > 0 else { return nil }
        let identity = ItemIncarnation(item.name, item.incarnation)
        for purchase in model.purchases.all {
            let decision = service.decision(identity, purchase.sequence)
            switch purchase.outcome {
            case .sold where decision != true: return "\(purchase.sequence) is sold, and has no order"
            case .rejected where decision != false: return "\(purchase.sequence) is refused, and has an order"
            default: break
            }
        }
        return nil
    }
}
