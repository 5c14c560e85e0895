public import Base

/// What became of a buyer's payment, as the shop reports it.
public struct Payment: Sendable, Equatable {
    public enum Outcome: Int64, Sendable {
        case paid = 1
        /// The money is set aside: to be captured where the answer is `sold`, else to be voided.
        case authorized = 2
        case failed = 3
    }

    public enum Answer: UInt8, Sendable {
        /// The purchase is sold by this payment, now or before.
        case sold = 1
        /// The payment failed; the units are held until the time to pay is over.
        case held = 2
        /// The units are gone: the time to pay is over, or the buyer left. What was paid is to be paid back.
        case late = 3
        /// It waits, or was never won, or another payment bought it.
        case notReserved = 4
        /// There is no such purchase.
        case unknown = 5
    }

    public var sequence: Int64
    public var outcome: Outcome
    public var reference: String  // names the payment: the same one is answered alike

    public init(sequence: Int64, outcome: Outcome, reference: String) {
        self.sequence = sequence
        self.outcome = outcome
        self.reference = reference
    }
}

/// That a buyer got the money for a sold purchase back.
public struct Refund: Sendable, Equatable {
    public var reference: String
    public var at: WallInstant
    public var isUnitReturned: Bool  // all units of the purchase went to the next in line

    public init(reference: String, at: WallInstant, isUnitReturned: Bool) {
        self.reference = reference
        self.at = at
        self.isUnitReturned = isUnitReturned
    }

    /// From what refund.lua writes: ms, 1 where the units came back, reference.
    init?(_ text: [UInt8]) {
        let words = String(decoding: text, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count == 3, let at = Int64(words[0]) else { return nil }
        self.init(
            reference: String(words[2]), at: WallInstant(milliseconds: at), isUnitReturned: words[1] == "1")
    }
}

/// What the store keeps of one purchase beside its result.
public struct PurchaseDetails: Sendable, Equatable {
    public var order: [UInt8] = []  // reference of its order; empty for none
    public var reason: [UInt8] = []  // why the order sink refused it; empty for none
    public var payUntil: WallInstant?  // while it is reserved
    public var refund: Refund?

    public init() {}
}
