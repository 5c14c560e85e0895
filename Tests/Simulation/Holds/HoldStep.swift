public import Store

/// What may happen to an item whose winners pay later.
public enum HoldStep: Sendable {
    /// The next buyer joins.
    case joins
    /// A worker takes one purchase.
    case deducts(HoldWorker)
    /// A worker reports the answer for an attempt that it was once given, be it taken for dead since.
    case settles(HoldWorker, Int64, attempt: Int64, Settlement.Outcome)
    /// A worker is lost, or its attempts are given back.
    case isReaped(HoldWorker, consumesAttempt: Bool)
    /// The shop reports a payment.
    case pays(Int64, Payment.Outcome)
    case leaves(Int64)
    case isRefunded(Int64, returnsUnit: Bool)
    /// A deadline, or a grace, passes.
    case timePasses
    /// A leader ends what is due.
    case expires(HoldLeader)
    /// A leader reads its clock for such a call, which is carried out later.
    case sendsLate(HoldLeader)
    case isCarriedOut(Int)  // the call of this index
    case storeClockJumps(to: Int64)  // ms from the truth
    case leaderClockJumps(to: Int64)
    /// Another scheduler leads; the first one goes on, and does not know.
    case anotherLeads
    /// The leader takes it over by how much the store's clock is ahead for good.
    case leaderBelieves
}

public enum HoldWorker: Int, CaseIterable, Sendable {
    case a, b

    var name: String { self == .a ? "a" : "b" }
}

public enum HoldLeader: Int, Sendable { case first, second }

/// What a search begins from.
public struct HoldSetting: Sendable {
    public var stock: Int64 = 2
    public var quantities: [Int64]
    public var faults: Int64
    public var hasSink: Bool

    public init(quantities: [Int64], faults: Int64, hasSink: Bool = true) {
        self.quantities = quantities
        self.faults = faults
        self.hasSink = hasSink
    }

    // Time goes in ticks: one to pay, one of grace. A clock jumps by another multiple, so that no two errors cancel.
    static let tick: Int64 = 10_000  // ms
    static let jump: Int64 = 25_000
    static let span: Int64 = 60_000  // what is older counts alike
    static let start: Int64 = 1_000_000
}
