public import Domain

/// What one `deduct` took.
public struct Deduction: Sendable {
    public var stop: DeductStop
    public var counters: ItemCounters
    public var winners: Int64
    public var taken: [FlightRecord]  // empty without a sink: those are sold already
    /// These may have ended their workers: nothing is taken beside them.
    public var areSuspects: Bool
    public var incarnation: UInt64  // of the item they are of
    public var life: String  // of that item

    public init(
        stop: DeductStop, counters: ItemCounters, winners: Int64, taken: [FlightRecord], areSuspects: Bool,
        incarnation: UInt64, life: String
    ) {
        self.stop = stop
        self.counters = counters
        self.winners = winners
        self.taken = taken
        self.areSuspects = areSuspects
        self.incarnation = incarnation
        self.life = life
    }
}

/// One attempt's end.
public struct Settlement: Sendable, Equatable {
    public enum Outcome: Int64, Sendable { case confirmed = 1, refused = 2, inDoubt = 3 }
    public enum Answer: UInt8, Sendable { case repeated = 0, settled = 1, fenced = 2, unknown = 3 }

    public var sequence: Int64
    public var attempt: Int64
    public var outcome: Outcome
    /// The sink's reference of the order, or its reason for refusing; empty for none.
    public var note: String

    public init(sequence: Int64, attempt: Int64, outcome: Outcome, note: String = "") {
        self.sequence = sequence
        self.attempt = attempt
        self.outcome = outcome
        self.note = note
    }
}
