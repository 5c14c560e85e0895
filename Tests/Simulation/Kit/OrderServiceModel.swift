import Base
import Domain
import Store
import TestKit
import WorkerModule

/// What stands behind the sinks of all workers: it decides each purchase once, and says the same whenever it is asked.
final class OrderServiceModel {
    struct Purchase: Hashable {
        var item: ItemIncarnation
        var sequence: Int64
    }

    struct Attempt: Hashable {
        var purchase: Purchase
        var attempt: Int64
    }

    private let world: VirtualWorld
    private let refusedPerMille: Int64
    private var confirmed: [Purchase: Bool] = [:]
    private var begun: Set<Attempt> = []
    /// When calls began: those that a grant paid for, and all others.
    private(set) var paidCalls: [MonotonicInstant] = []
    private(set) var permittedCalls: [MonotonicInstant] = []
    /// An attempt that was begun twice.
    private(set) var doubled: String?

    init(_ world: VirtualWorld, refusedPerMille: Int64) {
        self.world = world
        self.refusedPerMille = refusedPerMille
    }

    /// - Parameters:
    ///   - isFirst: this worker did not call for it before.
    ///   - isPaid: by the grant that it was taken with.
    func begin(_ order: PlacedOrder, by worker: String, isFirst: Bool, isPaid: Bool) {
        if isPaid { paidCalls.append(world.now) } else { permittedCalls.append(world.now) }
        guard isFirst else { return }
        let attempt = Attempt(purchase: purchase(order), attempt: order.record.attempt)
        if !begun.insert(attempt).inserted {
            doubled =
                "attempt \(attempt.attempt) of \(order.item) \(order.record.sequence) began twice, now at \(worker)"
        }
    }

    var calls: [MonotonicInstant] { (paidCalls + permittedCalls).sorted() }

    /// Redis came back with less: attempts may be given again.
    func forgetAttempts() { begun.removeAll() }

    func decide(_ order: PlacedOrder) -> Bool {
        let purchase = purchase(order)
        if let known = confirmed[purchase] { return known }
        let isConfirmed = !world.happens(refusedPerMille)
        confirmed[purchase] = isConfirmed
        return isConfirmed
    }

    /// Nil: it was never asked.
    func decision(_ item: ItemIncarnation, _ sequence: Int64) -> Bool? {
        confirmed[Purchase(item: item, sequence: sequence)]
    }

    private func purchase(_ order: PlacedOrder) -> Purchase {
        Purchase(item: order.identity, sequence: order.record.sequence)
    }
}
