import Base
import TestKit

/// What can be sent to the service of a drain in a world of its own: what has arrived, as far as a declared cap lets it
/// out.
final class DrainFeed {
    private let world = VirtualWorld(seed: 1)
    let service: ServiceModel
    private let gap: TimeSpan?  // between two calls, by the declared cap
    private let total: Int64?  // nil: without end
    private var waiting: Int64 = 0  // arrived, and not taken
    private var mayTakeAt = MonotonicInstant(nanoseconds: 0)
    private var wakesAt: MonotonicInstant?
    /// When purchases were answered, in order.
    private(set) var finishes: [MonotonicInstant] = []
    /// More has arrived, a slot may be free, or the time has come that was waited for.
    var onChange: () -> Void = {}

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
        service.onRoom = { [unowned self] in onChange() }
    }

    deinit { world.close() }

    var now: MonotonicInstant { world.now }

    func run(to end: TimeSpan) { world.run(to: MonotonicInstant(nanoseconds: end.nanoseconds)) }

    /// When the last purchase was answered; nil while something is left, or will come.
    var doneAt: TimeSpan? {
        guard let total, Int64(finishes.count) == total, let last = finishes.last else { return nil }
        return .nanoseconds(last.nanoseconds)
    }

    private func arrive(_ count: Int64, at time: TimeSpan) {
        world.after(time) { [unowned self] in
            waiting += count
            onChange()
        }
    }

    var hasWaiting: Bool { waiting > 0 }

    /// Takes one purchase that waits, for one call.
    ///
    /// - Returns: whether there is one and the cap lets it out; where the cap does not, it changes once it does.
    func take() -> Bool {
        guard hasWaiting else { return false }
        if let gap {
            guard mayTakeAt <= world.now else {
                wake(at: mayTakeAt)
                return false
            }
            mayTakeAt = world.now + gap
        }
        waiting -= 1
        return true
    }

    /// The call of one that was taken failed: it waits again.
    func giveBack() { waiting += 1 }

    func after(_ delay: TimeSpan, _ event: @escaping () -> Void) { world.after(delay, event) }

    /// A purchase that was taken is answered.
    func finish() { finishes.append(world.now) }

    /// It changes at this time.
    func wake(at time: MonotonicInstant) {
        if let wakesAt, wakesAt <= time { return }
        wakesAt = time
        world.after(time - world.now) { [unowned self] in
            wakesAt = nil
            onChange()
        }
    }
}
