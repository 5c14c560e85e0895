import Base
import Domain
import Store
import TestKit

// DESIGN
// What is true of a store that lost something is written down at the moment of the loss, from the two states of the
// store and from the replies that workers had got: nothing of it comes from the drivers. A process that lives on and
// had the lost state acknowledged must show it: the item is frozen, or remembered as gone. The loss explains what it
// explains, and nothing else changes: a final result stays, no unit is sold twice.

/// Checks final results, units and orders, also of a store that came back with less.
final class LossCheck {
    private struct Seen {
        var incarnation: UInt64
        var version: Int64
    }

    private struct Loss {
        var observers: Set<String>
        let freezes: Int  // before it
    }

    /// Units of each item.
    var stocks: [ItemName: Int64] = [:]
    private var seen: [String: [ItemName: Seen]] = [:]  // by process
    private var losses: [ItemName: Loss] = [:]
    private var emptied: [ItemName: Set<String>] = [:]  // with the processes that remember purchases of it
    private var emptiedAt = MonotonicInstant(nanoseconds: 0)
    private var explained: [ItemIncarnation: Int64] = [:]  // units
    private var results: [ItemIncarnation: [Int64: ModelItem.Outcome]] = [:]
    private var problem: String?

    // MARK: What happens

    /// A worker got an answer of the store.
    func acknowledged(_ deduction: Deduction, of item: ItemName, to worker: String) {
        let known = seen[worker]?[item]
        let isNewer = known?.incarnation != deduction.incarnation || known!.version < deduction.counters.version
        guard isNewer else { return }
        seen[worker, default: [:]][item] = Seen(incarnation: deduction.incarnation, version: deduction.counters.version)
    }

    func ended(_ worker: String) {
        seen[worker] = nil
        for item in losses.keys { losses[item]!.observers.remove(worker) }
        for item in emptied.keys { emptied[item]!.remove(worker) }
    }

    /// The store is about to come back as it was in `image`.
    ///
    /// - Returns: the items that lost something.
    func rollsBack(_ store: ModelStore, to image: ModelStore.Image) -> [ItemIncarnation] {
        check(store)
        return store.names.compactMap { name in
            guard let item = store[name], let old = image[name], old.incarnation == item.incarnation,
                old.counters.version < item.counters.version
            else { return nil }
            let identity = ItemIncarnation(name, item.incarnation)
            let saw = seen.filter { _, items in
                items[name].map { $0.incarnation == old.incarnation && $0.version > old.counters.version } ?? false
            }
            losses[name] = Loss(observers: Set(saw.keys), freezes: store.freezes[name] ?? 0)
            explained[identity, default: 0] += Self.unitsTaken(item.item, since: old.item)
            results[identity] = [:]
            return identity
        }
    }

    private static func unitsTaken(_ item: ModelItem, since old: ModelItem) -> Int64 {
        item.purchases.all.filter { purchase in
            let isTaken = [.processing, .reserved, .sold, .inDoubt].contains(purchase.outcome)
            let wasTaken =
                old.purchases.has(purchase.sequence) && old.purchases[purchase.sequence].outcome != .waiting
            return isTaken && !wasTaken
        }.reduce(0) { $0 + $1.quantity }
    }

    /// The store is about to lose all that it has.
    func empties(_ store: ModelStore, now: MonotonicInstant) {
        check(store)
        emptiedAt = now
        for name in store.names {
            let saw = seen.filter { $0.value[name]?.incarnation == store[name]?.incarnation }
            emptied[name] = Set(saw.keys)
        }
    }

    /// An operator wants to make an item of a name again.
    ///
    /// - Parameter isAwake: whether a process was able to do something since.
    func madeAgain(_ name: ItemName, _ outcome: Store.PutOutcome, isAwake: (String, MonotonicInstant) -> Bool) {
        let observers = (emptied.removeValue(forKey: name) ?? []).sorted().filter { isAwake($0, emptiedAt) }
        if outcome == .created, let one = observers.first {
            problem = problem ?? "\(name) is made again unawares, though \(one) remembers it"
        }
    }

    /// Whether the store has kept all.
    var isClean: Bool { losses.isEmpty && emptiedAt.nanoseconds == 0 }

    // MARK: What must hold

    /// The first thing that is wrong by now; what was found once stays.
    func firstProblem(_ store: ModelStore, _ service: OrderServiceModel) -> String? {
        check(store)
        for name in store.names {
            guard let item = store[name] else { continue }
            let identity = ItemIncarnation(name, item.incarnation)
            let returned = Self.unitsReturned(item.item) { service.decision(identity, $0) == true }
            let (orders, most) = (service.units(of: identity), stocks[name]! + (explained[identity] ?? 0) + returned)
            if orders > most { problem = problem ?? "\(name) has orders of \(orders) units of \(most)" }
        }
        return problem
    }

    /// Of orders that were not paid in time, or given back.
    private static func unitsReturned(_ item: ModelItem, _ hasOrder: (Int64) -> Bool) -> Int64 {
        item.purchases.all.filter { [.expired, .cancelled].contains($0.outcome) && hasOrder($0.sequence) }
            .reduce(0) { $0 + $1.quantity }
    }

    /// To be read when every process that lives has had the time to report what it saw.
    func unnoticed(_ store: ModelStore) -> String? {
        for name in store.names {
            guard let loss = losses[name], let one = loss.observers.min(), store.freezes[name] ?? 0 == loss.freezes
            else { continue }
            return "\(name) goes on with less than \(one) saw acknowledged"
        }
        return nil
    }

    private func check(_ store: ModelStore) {
        for name in store.names {
            guard problem == nil, let item = store[name] else { continue }
            problem = check(item, store).map { "\(name): \($0)" }
        }
    }

    private func check(_ item: NotifyingItem, _ store: ModelStore) -> String? {
        let identity = ItemIncarnation(item.name, item.incarnation)
        if item.item.units.total != stocks[item.name] { return "\(item.item.units)" }
        if losses[item.name] == nil, store.freezes[item.name] ?? 0 > 0 { return "frozen for no loss" }
        for purchase in item.item.purchases.all where purchase.outcome.isFinal {
            let known = results[identity, default: [:]].updateValue(purchase.outcome, forKey: purchase.sequence)
            if let known, known != purchase.outcome { return "\(purchase.sequence) was \(known): \(purchase)" }
        }
        guard let known = results[identity] else { return nil }
        let lost = known.keys.filter { !item.item.purchases.has($0) || !item.item.purchases[$0].outcome.isFinal }.min()
        return lost.map { "\($0) was \(known[$0]!), and is not any more" }
    }
}
