/// The store's answer to one purchase.
public struct Admission: Sendable, Equatable {
    public enum Outcome: UInt8, Sendable {
        case admitted = 0
        case replayed = 1
        case mismatch = 2
        case limitReached = 3
        case closed = 4
        case notOpen = 5
        case soldOut = 6
        case paused = 7
        case queueFull = 8
        case frozen = 9
    }

    public var outcome: Outcome
    /// Of the ticket that the buyer has, or that holds the place; 0 where there is none.
    public var sequence: Int64
    public var quantity: Int64
    public var ticketKeyID: UInt8

    public init(outcome: Outcome, sequence: Int64, quantity: Int64, ticketKeyID: UInt8) {
        self.outcome = outcome
        self.sequence = sequence
        self.quantity = quantity
        self.ticketKeyID = ticketKeyID
    }
}

/// The answer to a batch.
public struct AdmissionReply: Sendable {
    public var version: Int64
    public var head: Int64
    public var tail: Int64
    public var free: Int64
    public var held: Int64
    /// No purchase up to `tail` is of more units.
    public var largest: Int64
    /// The first sequence when all were admitted as new, in order; else nil, and `packed` has an answer for each.
    public var firstSequence: Int64?
    private var packed: [UInt8]

    /// The answer to purchase `index`; nil where the script admitted all as new.
    public func admission(at index: Int) -> Admission? {
        let at = AnswerLayout.length * index
        guard at + AnswerLayout.length <= packed.count, let outcome = Admission.Outcome(rawValue: packed[at])
        else { return nil }
        func number(_ place: Range<Int>) -> Int64 {
            packed[at + place.lowerBound..<at + place.upperBound].reduce(0) { $0 << 8 | Int64($1) }
        }
        return Admission(
            outcome: outcome, sequence: number(AnswerLayout.sequence), quantity: number(AnswerLayout.quantity),
            ticketKeyID: packed[at + AnswerLayout.keyID])
    }

    /// Whether the batch ends at the tail: its sequences are one behind the other.
    private func isAllNew(_ count: Int) -> Bool {
        firstSequence.map { $0 >= 1 && $0 + Int64(count) - 1 == tail } ?? false
    }

    init?(_ reply: ScriptReply, count: Int) {
        guard let version = reply.integer(1), let head = reply.integer(2), let tail = reply.integer(3),
            let free = reply.integer(4), let held = reply.integer(5), let largest = reply.integer(7)
        else { return nil }
        self.version = version
        self.head = head
        self.tail = tail
        self.free = free
        self.held = held
        self.largest = largest
        packed = reply.bytes(6) ?? []
        firstSequence = reply.integer(6)
        guard let code = AdmitCode(rawValue: reply.status),
            code == .allNew ? isAllNew(count) : packed.count == AnswerLayout.length * count, head <= tail
        else { return nil }
    }
}
