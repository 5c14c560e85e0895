import Domain
public import Store
public import TestKit

// DESIGN
// Each of these breaks one rule of `ModelItem` from outside, so the model has no switches: a call goes to it with other
// arguments, or its answer and its books are bent afterwards. A search that finds nothing here would prove nothing.

/// A worker that was taken for dead ends what another worker holds now.
public struct NoFence: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func settle(_ settlement: Settlement, worker: String) -> Settlement.Answer {
        var settlement = settlement
        let holder = item.flights.first { $0.value[settlement.sequence] != nil }
        settlement.attempt = holder?.value[settlement.sequence] ?? settlement.attempt
        return item.settle([settlement], worker: holder?.key ?? worker)[0]
    }
}

/// A hold ends at its deadline, without the grace.
public struct NoGrace: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func expire(leader: Int64, store: Int64) {
        let grace = item.settings.payGrace
        item.set(\.payGrace, 0)
        item.expire(leader: leader, store: store)
        item.set(\.payGrace, grace)
    }
}

/// Holds end by the store's clock alone.
public struct StoreClockOnly: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func expire(leader: Int64, store: Int64) { item.expire(leader: store, store: store) }
}

/// Holds end by the leader's clock alone.
public struct LeaderClockOnly: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func expire(leader: Int64, store: Int64) { item.expire(leader: leader, store: leader) }
}

/// A payment is taken after the hold has ended.
public struct LatePaymentTaken: HoldRules {
    public var item: ModelItem
    private var taken: Set<Int64> = []
    public init(_ item: ModelItem) { self.item = item }

    public mutating func pay(_ payment: Payment) -> Payment.Answer {
        guard item.purchases[payment.sequence].outcome == .expired, payment.outcome != .failed else {
            return item.pay(payment)
        }
        taken.insert(payment.sequence)
        return .sold
    }

    public func outcome(_ sequence: Int64) -> ModelItem.Outcome {
        taken.contains(sequence) ? .sold : item.purchases[sequence].outcome
    }

    public var units: HoldUnits {
        let late = taken.reduce(0) { $0 + item.purchases[$1].quantity }
        return HoldUnits(free: item.units.free - late, held: item.units.held, sold: item.units.sold + late)
    }

    public func mix(into digest: inout StateDigest) { taken.sorted().forEach { digest.mix($0) } }
}

/// A buyer who leaves after the hold has ended gives the unit back once more.
public struct GivenBackTwice: HoldRules {
    public var item: ModelItem
    private var left: Set<Int64> = []
    public init(_ item: ModelItem) { self.item = item }

    public mutating func cancel(_ sequence: Int64) -> Store.Cancellation {
        guard item.purchases[sequence].outcome == .expired, left.insert(sequence).inserted else {
            return item.cancel(sequence)
        }
        item.restock(item.purchases[sequence].quantity)
        return .cancelled
    }

    public func mix(into digest: inout StateDigest) { left.sorted().forEach { digest.mix($0) } }
}

/// A refund that is sent again returns the unit again.
public struct RefundedTwice: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func refund(_ sequence: Int64, returnsUnit: Bool) {
        let outcome = item.refund(sequence, reference: "r", returnsUnit: returnsUnit)
        if case .done(_, isReplay: true) = outcome, returnsUnit { item.restock(item.purchases[sequence].quantity) }
    }
}

/// What was paid too late is forgotten.
public struct LatePaymentNotDue: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public var due: Set<String> { [] }
}

/// An authorized payment is taken for money that came.
public struct AuthorizedIsDue: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func pay(_ payment: Payment) -> Payment.Answer {
        var payment = payment
        if payment.outcome == .authorized { payment.outcome = .paid }
        return item.pay(payment)
    }
}

/// A unit goes to who came last.
public struct NewestFirst: HoldRules {
    public var item: ModelItem
    private var names: [Int64] = []  // of the item, by sequence of the callers
    public init(_ item: ModelItem) { self.item = item }

    public func inner(_ sequence: Int64) -> Int64 {
        sequence <= Int64(names.count) ? names[Int(sequence) - 1] : sequence
    }

    public mutating func deduct(worker: String, hasSink: Bool) {
        for next in Int64(names.count)..<item.tail { names.append(next + 1) }
        if let first = item.line.first, item.redo.isEmpty,
            let one = names.firstIndex(of: first),
            let last = names.indices.last(where: { self.item.purchases[names[$0]].outcome == .waiting }),
            item.purchases[names[last]].quantity == item.purchases[first].quantity
        {
            names.swapAt(one, last)
        }
        _ = item.deduct(1, worker: worker, hasSink: hasSink, isAlone: true)
    }

    public func mix(into digest: inout StateDigest) { names.forEach { digest.mix($0) } }
}

/// The line is served as if everybody wanted one unit.
public struct QuantityIgnored: HoldRules {
    public var item: ModelItem
    public init(_ item: ModelItem) { self.item = item }

    public mutating func admit(user: String, quantity: Int64) { _ = item.admit(user: user, key: 0, quantity: 1) }
}
