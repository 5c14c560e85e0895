import Base
import TestKit

// DESIGN
// The same service as the product's, with the same work of its n-th call, the same changes, faults and cap, in a
// world of its own. It is fed from what has arrived as soon as a slot is free, over no network and without a queue in
// the service; a call that failed is made again at once. A declared cap bounds what is sent, so it pays to have a few
// calls wait for their slots: as many as two for each, and two. As no call that begins earlier ends later
// (`ServiceCourse`), no feeder does better but by chance: the faults of a moment fall on other calls.

/// What a scheduler that knows everything would have done with a drain.
final class IdealRun {
    private static let triesAtOnce = 64

    private let world = VirtualWorld(seed: 1)
    private let service: ServiceModel
    private let gap: TimeSpan?  // between two calls, by the declared cap
    private let total: Int64?  // nil: without end
    private var left: Int64 = 0  // arrived, and not sent
    private var sent: Int64 = 0  // within the cap, and not in the service
    private var mayCallAt = MonotonicInstant(nanoseconds: 0)
    private var wakesAt: MonotonicInstant?
    /// When purchases were answered, in order.
    private(set) var finishes: [MonotonicInstant] = []

    init(_ drain: DrainCase) {
        service = ServiceModel(world, drain.service.model)
        gap = drain.cap.map { .nanoseconds(1_000_000_000 / max(1, $0)) }
        switch drain.arrivals {
        case .backlog:
            total = nil
            arrive(.max, at: DrainCase.start)
        case .listed(let list):
            total = list.reduce(0) { $0 + $1.count }
            for (at, count) in list { arrive(count, at: at) }
        }
        service.onRoom = { [unowned self] in feed() }
    }

    deinit { world.close() }

    func run(to end: TimeSpan) { world.run(to: MonotonicInstant(nanoseconds: end.nanoseconds)) }

    /// Nothing is left, and nothing will come.
    var isDone: Bool { total.map { Int64(finishes.count) == $0 } ?? false }

    private func arrive(_ count: Int64, at time: TimeSpan) {
        world.after(time) { [unowned self] in
            left += count
            feed()
        }
    }

    private func feed() {
        send()
        var tries = Self.triesAtOnce
        while sent > 0, service.hasFreeSlot {
            defer { send() }
            sent -= 1
            let refusal = service.call { [unowned self] ending in
                if ending == .served { finishes.append(world.now) } else { left += 1 }
            }
            guard refusal != nil else { continue }
            left += 1
            tries -= 1
            if tries == 0 { return wake(at: world.now + .milliseconds(1)) }
        }
    }

    private func send() {
        guard let gap else {
            (sent, left) = (sent + left, 0)
            return
        }
        while left > 0, sent < 2 * Int64(service.slots) + 2 {
            if mayCallAt > world.now { return wake(at: mayCallAt) }
            mayCallAt = max(mayCallAt, world.now) + gap
            left -= 1
            sent += 1
        }
    }

    private func wake(at time: MonotonicInstant) {
        if let wakesAt, wakesAt <= time { return }
        wakesAt = time
        world.after(time - world.now) { [unowned self] in
            wakesAt = nil
            feed()
        }
    }
}
