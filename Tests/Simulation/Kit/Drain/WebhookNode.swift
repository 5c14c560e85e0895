import Base
import Domain
import EventLoop
import TestKit
import WorkerModule

/// The product's webhook sink in a simulated worker, put together as `WorkerSink` does it.
final class WebhookNode {
    let sink: WebhookSink
    private let tickets: TicketMaker

    init(
        _ world: VirtualWorld, loop: VirtualLoop, worker: String, _ setup: OrderServiceSetup, group: SinkGroup,
        service: SimulatedOrderService, log: any WorkerLog
    ) {
        var settings = WebhookSink.Settings(
            url: "http://10.0.0.1/orders", key: Array("a key of twenty-four bytes".utf8), group: group)
        settings.allow(setup.timeout)
        settings.inDoubtAfter = setup.inDoubtAfter
        let breaker = BreakerDriver(loop: loop, group: group.name, settings: setup.breaker, log: log)
        tickets = TicketMaker(loop: loop, ring: SimulatedKeys.ring(), log: log)
        sink = WebhookSink(
            loop: loop, http: SimulatedCalls(world, loop: loop, worker: worker, service: service, setup: setup),
            settings: settings, breaker: breaker, tickets: tickets, seed: world.seed(), log: log)
    }

    /// What tickets are made of is read from the worker's store.
    func connect(to driver: WorkerDriver) {
        tickets.connect { [unowned driver] item, records, completion in
            driver.identify(records, of: item, completion: completion)
        }
    }
}
