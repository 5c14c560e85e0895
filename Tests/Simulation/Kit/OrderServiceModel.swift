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

    /// What a call says of its purchase.
    struct Order {
        var item: ItemIncarnation
        var sequence: Int64
        var attempt: Int64
        var quantity: Int64
        var user: String

        var purchase: Purchase { Purchase(item: item, sequence: sequence) }
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
        check(Order(order), by: worker, isFirst: isFirst)
    }

    /// A call comes from this worker.
    ///
    /// - Parameter isFirst: this worker did not call for this attempt before.
    func check(_ order: Order, by worker: String, isFirst: Bool) {
        if let user = users.updateValue(order.user, forKey: order.purchase), user != order.user {
            problem = "\(order.sequence) of \(order.item) is of \(user), and of \(order.user)"
        }
        let attempt = Attempt(purchase: order.purchase, attempt: order.attempt)
        guard isFirst, !begun.insert(attempt).inserted, !rolledBack.contains(order.item) else { return }
        problem = "attempt \(attempt.attempt) of \(order.item) \(order.sequence) began twice, now at \(worker)"
    }

    var calls: [MonotonicInstant] { (paidCalls + permittedCalls).sorted() }

    /// Redis came back with less of an item.
    func rollsBack(_ item: ItemIncarnation) { rolledBack.insert(item) }

    /// Units of all orders that were confirmed.
    func units(of item: ItemIncarnation) -> Int64 { orderedUnits[item] ?? 0 }

    func decide(_ order: PlacedOrder) -> Bool { decide(Order(order)) }

    func decide(_ order: Order) -> Bool {
        if let known = confirmed[order.purchase] { return known }
        let isConfirmed = !world.happens(refusedPerMille)
        confirmed[order.purchase] = isConfirmed
        if isConfirmed { orderedUnits[order.item, default: 0] += order.quantity }
        return isConfirmed
    }

    /// Nil: no call for it ever came.
    func decision(_ item: ItemIncarnation, _ sequence: Int64) -> Bool? {
        confirmed[Purchase(item: item, sequence: sequence)]
    }
}

extension OrderServiceModel.Order {
    init(_ order: PlacedOrder) {
        let record = order.record
        self.init(
            item: order.identity, sequence: record.sequence, attempt: record.attempt, quantity: record.quantity,
            user: record.user)
    }
}
