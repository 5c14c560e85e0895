import Base
import Domain
import EventLoop
import Store
import TestKit
import WorkerModule

/// An order sink in virtual time: slots in which orders take their time, before a service that may be a group's.
///
/// As the product's sinks that have a group do, it pays for a first call with the grant while that is young, and waits
/// for a permit for every other.
final class ModelSink: OrderSink {
    struct Settings {
        var slots: Int
        var execution: TimeSpan
        var unevenPercent: Int64 = 0  // an order takes up to this much more or less
        var failingPerMille: Int64 = 0  // calls without an answer; made again after half a second
        var group: SinkGroup?
    }

    var onFinished: (([FinishedOrder]) -> Void)?
    var onCalls: (([SinkCall]) -> Void)?
    let breaker = BreakerState.closed
    private let world: VirtualWorld
    private let loop: VirtualLoop
    private let worker: String
    private let settings: Settings
    private let service: OrderServiceModel
    private struct Pending {
        var order: PlacedOrder
        var calls = 0
        var isPaid: Bool  // by a grant
    }

    private var ready: ArraySlice<Pending> = []
    private var due: [Pending] = []  // wait for a permit
    private var pausing = 0  // until they are due again
    private var busy = 0
    private var finished: [FinishedOrder] = []
    private var calls: [SinkCall] = []
    /// Orders take so many times as long from now on.
    var slowness: () -> Int64 = { 1 }

    init(_ world: VirtualWorld, loop: VirtualLoop, worker: String, settings: Settings, service: OrderServiceModel) {
        self.world = world
        self.loop = loop
        self.worker = worker
        self.settings = settings
        self.service = service
        loop.beforeSleep { [unowned self] in handOver() }
    }

    var group: SinkGroup? { settings.group }
    var count: Int { ready.count + due.count + pausing + busy }
    var awaitingRetry: Int { due.count + pausing }
    var retriesWanted: Int { due.count }

    func place(_ purchases: [PlacedOrder]) {
        for order in purchases {
            let isPaid = group == nil || order.paidUntil.map { $0 >= loop.now } ?? false
            let pending = Pending(order: order, isPaid: isPaid)
            if isPaid { ready.append(pending) } else { due.append(pending) }
        }
        fillSlots()
    }

    func withdrawWaiting() -> [PlacedOrder] {
        defer { (ready, due) = ([], []) }
        return (ready + due).map(\.order)
    }

    func permit(retries: Int) {
        ready += due.prefix(retries)
        due.removeFirst(min(retries, due.count))
        fillSlots()
    }

    private func fillSlots() {
        while busy < settings.slots, var pending = ready.popFirst() {
            busy += 1
            service.begin(pending.order, by: worker, isFirst: pending.calls == 0, isPaid: pending.isPaid)
            pending.calls += 1
            pending.isPaid = false
            let share = 100 - settings.unevenPercent + world.below(2 * settings.unevenPercent + 1)
            let execution = TimeSpan.nanoseconds((settings.execution * slowness()).nanoseconds / 100 * share)
            loop.schedule(after: execution) { [unowned self] in
                busy -= 1
                ended(pending, execution)
                fillSlots()
            }
        }
    }

    private func ended(_ pending: Pending, _ execution: TimeSpan) {
        let hasFailed = world.happens(settings.failingPerMille)
        if group != nil { calls.append(SinkCall(duration: execution, result: hasFailed ? .unknown : .answered)) }
        guard hasFailed else {
            let outcome: Settlement.Outcome = service.decide(pending.order) ? .confirmed : .refused
            finished.append(FinishedOrder(order: pending.order, outcome: outcome, execution: execution))
            return
        }
        pausing += 1
        // What failed over a while comes back at the same moment: the worst that chance can do.
        loop.schedule(after: .milliseconds(500 - loop.now.nanoseconds / 1_000_000 % 500)) { [unowned self] in
            pausing -= 1
            due.append(pending)
        }
    }

    /// All that ended in one turn is settled in one call.
    private func handOver() {
        if !calls.isEmpty {
            defer { calls = [] }
            onCalls?(calls)
        }
        guard !finished.isEmpty else { return }
        defer { finished = [] }
        onFinished?(finished)
    }
}
