import Base
import Domain
import EventLoop
import SchedulerModule
import Store
import TestKit
import WorkerModule

/// One worker process: the product's driver on a virtual loop.
final class WorkerNode {
    /// Where it places its orders.
    enum Sink {
        case none
        case model(ModelSink.Settings, OrderServiceModel)
        case webhook(OrderServiceSetup, SinkGroup, SimulatedOrderService)
    }

    let id: String
    let loop: VirtualLoop
    let link: ModelLink
    let messages: ModelMessages
    let driver: WorkerDriver
    let sink: ModelSink?
    let webhook: WebhookNode?
    let audit: GrantAudit
    private let log = QuietLog()

    init(
        _ id: String, world: VirtualWorld, store: ModelStore, faults: ModelFaults, sink plan: Sink, losses: LossCheck
    ) {
        self.id = id
        loop = VirtualLoop(world)
        link = ModelLink(world, loop: loop, store: store, faults: faults)
        messages = ModelMessages(
            world, loop: loop, store: store, faults: faults, channels: [.grants(worker: id)])
        audit = GrantAudit(id, link: link, messages: messages)
        link.onDeduct = { [audit, losses] item, winners in
            let answered = audit.requested(winners, of: item)
            return { deduction in
                answered(deduction)
                if let deduction { losses.acknowledged(deduction, of: item.keys.name, to: id) }
            }
        }
        var model: ModelSink?
        var webhook: WebhookNode?
        switch plan {
        case .none: break
        case .model(let settings, let service):
            model = ModelSink(world, loop: loop, worker: id, settings: settings, service: service)
        case .webhook(let setup, let group, let service):
            webhook = WebhookNode(world, loop: loop, worker: id, setup, group: group, service: service, log: log)
        }
        (sink, self.webhook) = (model, webhook)
        let kind: SinkKind = webhook != nil ? .webhook : model != nil ? .delay : .none
        let order: (any OrderSink)? = if let webhook { webhook.sink } else { model }
        driver = WorkerDriver(
            loop: loop, store: link, messages: messages, id: id, sinkKind: kind, sink: order,
            doubtsEvery: .seconds(1), seed: world.seed(), log: log)
        webhook?.connect(to: driver)
        driver.start {}
        describe()
    }

    private func describe() {
        loop.schedule(after: .milliseconds(100)) { [weak self] in self?.driver.describe(json: "{}") }
        loop.schedule(after: Limits.watchPeriod) { [weak self] in self?.describe() }
    }
}

/// One scheduler process.
final class SchedulerNode {
    let id: String
    let loop: VirtualLoop
    let link: ModelLink
    let messages: ModelMessages
    let driver: SchedulerDriver
    let books: BookCheck
    private let log = QuietLog()

    init(_ id: String, world: VirtualWorld, store: ModelStore, faults: ModelFaults, lease: TimeSpan) {
        self.id = id
        loop = VirtualLoop(world)
        link = ModelLink(world, loop: loop, store: store, faults: faults)
        messages = ModelMessages(world, loop: loop, store: store, faults: faults, channels: [.changes, .reports])
        books = BookCheck(loop)
        driver = SchedulerDriver(
            loop: loop, store: link, messages: messages, node: id, lease: lease, seed: world.seed(), log: log)
        books.allotments = { [driver] in driver.allotments }
        books.imbalances = { [driver] in driver.imbalances }
        books.follow(loop)
        driver.start {}
        describe()
    }

    private func describe() {
        loop.schedule(after: .milliseconds(100)) { [weak self] in self?.driver.describe(json: "{}") }
        loop.schedule(after: Limits.watchPeriod) { [weak self] in self?.describe() }
    }
}

/// What processes report to their operators, dropped.
final class QuietLog: WorkerLog, SchedulerLog {
    func fenced(item: ItemName, purchases: Int) {}
    func itemDeleted(_ item: ItemName, purchases: Int, confirmed: Int) {}
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure) {}
    func notListed(_ failure: StoreFailure) {}
    func enlisted(sink: SinkKind) {}
    func sinkDiffers(reason: String) {}
    func breakerChanged(group: String, to state: BreakerState, isTripped: Bool, seen: (calls: Int64, bad: Int64)) {}
    func unanswered(group: String, reason: String) {}
    func ticketKeyMissing(item: ItemName, purchases: Int) {}
    func inDoubt(item: ItemName, purchases: Int) {}
    func revived(item: ItemName, purchases: Int) {}
    func leading(term: Int64) {}
    func following() {}
    func workerLost(_ worker: String) {}
    func workerUnlike(_ worker: String) {}
    func reaped(worker: String, item: ItemName, purchases: Int64) {}
    func reopened(item: ItemName) {}
    func capacityReset(name: String, isKnown: Bool) {}
    func reopening(done: Int, items: Int) {}
    func reopenedAll(items: Int, took: TimeSpan) {}
    func clocksParted(by span: TimeSpan) {}
    func clocksAgree() {}
    func clockBelieved(storeAhead: TimeSpan) {}
    func clockWentBack(by span: TimeSpan) {}
    func storeDown(reason: String) {}
    func storeUp() {}
    func rollback(item: ItemName, versions: Int64, sequences: Int64) {}
    func gone(item: ItemName) {}
    func storeEmptied() {}
    func storeImpaired(_ impairment: Impairment) {}
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {}
}
