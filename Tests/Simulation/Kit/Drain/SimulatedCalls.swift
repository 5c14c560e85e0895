import Base
import EventLoop
import OutboundHTTP
import TestKit

/// The connections of one worker to the simulated order service: a request and its answer are on their way for a while,
/// and the worker gives up a call at its deadline, which the service does not notice.
final class SimulatedCalls: OutboundCalls {
    private final class Call {
        var completion: ((OutboundResult) -> Void)?
        init(_ completion: @escaping (OutboundResult) -> Void) { self.completion = completion }
    }

    private let world: VirtualWorld
    private let loop: VirtualLoop
    private let worker: String
    private let service: SimulatedOrderService
    private let setup: OrderServiceSetup
    private var count = 0

    init(
        _ world: VirtualWorld, loop: VirtualLoop, worker: String, service: SimulatedOrderService,
        setup: OrderServiceSetup
    ) {
        self.world = world
        self.loop = loop
        self.worker = worker
        self.service = service
        self.setup = setup
    }

    var hasRoom: Bool { count < setup.connections }

    func post(_ request: OutboundRequest, completion: @escaping (OutboundResult) -> Void) {
        precondition(hasRoom, "more calls than connections")
        count += 1
        let call = Call(completion)
        let deadline = loop.schedule(after: request.deadline) { [weak self] in
            self?.end(call, .failure(.outcomeUnknown("no answer in time")))
        }
        world.after(transit) { [weak self] in
            guard let self else { return }
            service.receive(request, from: worker) { [weak self] result in
                guard let self else { return }
                loop.schedule(after: transit) { [weak self] in
                    self?.loop.cancel(deadline)
                    self?.end(call, result)
                }
            }
        }
    }

    private var transit: TimeSpan {
        let half = setup.transit.nanoseconds / 2
        return .nanoseconds(half + world.below(2 * half + 1))
    }

    private func end(_ call: Call, _ result: OutboundResult) {
        guard let completion = call.completion else { return }
        call.completion = nil
        count -= 1
        completion(result)
    }
}
