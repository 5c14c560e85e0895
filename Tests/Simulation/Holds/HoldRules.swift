import Domain
public import Store
public import TestKit

/// The rules of one item whose winners pay later, as the search sees them: a `ModelItem`, or one with a rule broken.
///
/// Sequences are those that the callers know; a broken rule may give them to other purchases of the item (`inner`).
public protocol HoldRules: Sendable {
    var item: ModelItem { get set }

    init(_ item: ModelItem)

    func inner(_ sequence: Int64) -> Int64
    func outcome(_ sequence: Int64) -> ModelItem.Outcome
    var units: HoldUnits { get }
    /// What is to be paid back: sequence and reference.
    var due: Set<String> { get }
    func mix(into digest: inout StateDigest)

    mutating func admit(user: String, quantity: Int64)
    mutating func deduct(worker: String, hasSink: Bool)
    mutating func settle(_ settlement: Settlement, worker: String) -> Settlement.Answer
    mutating func pay(_ payment: Payment) -> Payment.Answer
    mutating func expire(leader: Int64, store: Int64)
    mutating func cancel(_ sequence: Int64) -> Store.Cancellation
    mutating func refund(_ sequence: Int64, returnsUnit: Bool)
}

public struct HoldUnits: Sendable, Equatable {
    public var free: Int64
    public var held: Int64
    public var sold: Int64
}

extension HoldRules {
    /// Whether a purchase changed its state, or its worker.
    func hasChanged(since before: Self) -> Bool {
        item.flights != before.item.flights || item.purchases.all != before.item.purchases.all
    }

    public func inner(_ sequence: Int64) -> Int64 { sequence }
    public func outcome(_ sequence: Int64) -> ModelItem.Outcome { item.purchases[inner(sequence)].outcome }
    public var units: HoldUnits { HoldUnits(free: item.units.free, held: item.units.held, sold: item.units.sold) }
    public var due: Set<String> { item.holds.due }
    public func mix(into digest: inout StateDigest) {}

    public mutating func admit(user: String, quantity: Int64) {
        _ = item.admit(user: user, key: 0, quantity: quantity)
    }
    public mutating func deduct(worker: String, hasSink: Bool) {
        _ = item.deduct(1, worker: worker, hasSink: hasSink, isAlone: true)
    }
    public mutating func settle(_ settlement: Settlement, worker: String) -> Settlement.Answer {
        var settlement = settlement
        settlement.sequence = inner(settlement.sequence)
        return item.settle([settlement], worker: worker)[0]
    }
    public mutating func pay(_ payment: Payment) -> Payment.Answer {
        var payment = payment
        payment.sequence = inner(payment.sequence)
        return item.pay(payment)
    }
    public mutating func expire(leader: Int64, store: Int64) { item.expire(leader: leader, store: store) }
    public mutating func cancel(_ sequence: Int64) -> Store.Cancellation { item.cancel(inner(sequence)) }
    public mutating func refund(_ sequence: Int64, returnsUnit: Bool) {
        _ = item.refund(inner(sequence), reference: "r", returnsUnit: returnsUnit)
    }
}

/// Nothing is broken.
public struct SoundRules: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }
}
