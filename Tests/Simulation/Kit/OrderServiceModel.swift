import Base
import Domain
import Store
import TestKit
import WorkerModule

/// What stands behind the sinks of all workers: it decides each purchase once, and gives every call the same answer.
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
    private var users: [Purchase: String] = [:]
    private var orderedUnits: [ItemIncarnation: Int64] = [:]
    /// Items whose attempts may be given again: the store came back with less of them.
    private var rolledBack: Set<ItemIncarnation> = []
    /// What must never be: an attempt that was begun twice, or one order for two purchases.
    private(set) var problem: String?

    init(_ world: VirtualWorld, refusedPerMille: Int64) {
        self.world = world
        self.refusedPerMille = refusedPerMille
    }

    /// - Parameters:
    ///   - isFirst: this worker did not call for it before.
    ///   - isPaid: by the grant that it was taken with.
    func begin(_ order: PlacedOrder, by worker: String, isFirst: Bool, isPaid: Bool) {
        if isPaid { paidCalls.append(world.now) } else { permittedCalls.append(world.now) }
        let record = order.record
        if let user = users.updateValue(record.user, forKey: purchase(order)), user != record.user {
            problem = "\(record.sequence) of \(order.item) is of \(user), and of \(record.user)"
        }
        let attempt = Attempt(purchase: purchase(order), attempt: record.attempt)
        guard isFirst, !begun.insert(attempt).inserted, !rolledBack.contains(order.identity) else { return }
        problem = "attempt \(attempt.attempt) of \(order.item) \(record.sequence) began twice, now at \(worker)"
    }

    var calls: [MonotonicInstant] { (paidCalls + permittedCalls).sorted() }

    /// Redis came back with less of an item.
    func rollsBack(_ item: ItemIncarnation) { rolledBack.insert(item) }

    /// Units of all orders that were confirmed.
    func units(of item: ItemIncarnation) -> Int64 { orderedUnits[item] ?? 0 }

    func decide(_ order: PlacedOrder) -> Bool {
        let purchase = purchase(order)
        if let known = confirmed[purchase] { return known }
        let isConfirmed = !world.happens(refusedPerMille)
        confirmed[purchase] = isConfirmed
        if isConfirmed { orderedUnits[purchase.item, default: 0] += order.record.quantity }
        return isConfirmed
    }

    /// Nil: no call for it ever came.
    func decision(_ item: ItemIncarnation, _ sequence: Int64) -> Bool? {
        confirmed[Purchase(item: item, sequence: sequence)]
    }

    private func purchase(_ order: PlacedOrder) -> Purchase {
        Purchase(item: order.identity, sequence: order.record.sequence)
    }
}
