/// The ticket body of the contract.
public struct TicketBody: Decodable, Sendable, Equatable {
    public struct Eta: Decodable, Sendable, Equatable {
        public var p50Ms: Double?
        public var p90Ms: Double?
        public var known: Bool?
    }

    public struct Refund: Decodable, Sendable, Equatable {
        public var reference: String
        public var at: String
        public var unitReturned: Bool
    }

    public var ticket: String
    public var item: String
    public var user: String?
    public var quantity: Int
    public var state: String
    public var sequence: Int64
    public var position: Int64?
    public var ahead: Int64?
    public var eta: Eta?
    public var verdict: String?
    public var pollAfterMs: Int64?
    public var order: String?
    public var expiresAt: String?
    public var reason: String?
    public var refund: Refund?
    public var final: Bool
}

/// The item body of the contract.
public struct ItemBody: Decodable, Sendable, Equatable {
    public var item: String
    public var state: String
    public var stockTotal: Int64
    public var stockLeft: Int64
    public var held: Int64
    public var sold: Int64
    public var waiting: Int64
    public var queueLimit: Int64
    public var opensAt: String?
    public var closesAt: String?
    public var serverTime: String?
    public var drainPerSecond: Double?
    public var waitlist: Bool?

    /// Whether every unit is in exactly one place.
    public var addsUp: Bool { stockTotal == stockLeft + held + sold && stockLeft >= 0 && held >= 0 && sold >= 0 }
}

/// An RFC 9457 problem with our stable code.
public struct ProblemBody: Decodable, Sendable, Equatable {
    public var type: String?
    public var title: String?
    public var status: Int?
    public var detail: String?
    public var code: String?
    public var retryAfterMs: Int64?
    public var decision: String?
    public var state: String?
}

/// A page of an item's purchases in doubt.
public struct DoubtPageBody: Decodable, Sendable, Equatable {
    public struct Doubt: Decodable, Sendable, Equatable {
        public var item: String
        public var sequence: Int64
        public var ticket: String
        public var user: String
        public var quantity: Int64
        public var attempt: Int64
        public var admittedAt: String
        public var cause: String
        public var workersLost: Int64
    }

    public var inDoubt: Int64
    public var doubts: [Doubt]
    public var nextCursor: String?
}

/// The items that have purchases in doubt.
public struct DoubtItemsBody: Decodable, Sendable, Equatable {
    public struct Item: Decodable, Sendable, Equatable {
        public var item: String
        public var inDoubt: Int64

        public init(item: String, inDoubt: Int64) { (self.item, self.inDoubt) = (item, inDoubt) }
    }

    public var items: [Item]
    public var nextCursor: String?
}

/// The answer to an operator's decision on a doubt.
public struct SettledBody: Decodable, Sendable, Equatable {
    public var state: String
    public var order: String?
    public var reason: String?
    public var expiresAt: String?
}

/// The answer to a reported payment or refund.
public struct PaymentBody: Decodable, Sendable, Equatable {
    public var state: String
    public var decision: String?
    public var expiresAt: String?
    public var refund: TicketBody.Refund?
}
