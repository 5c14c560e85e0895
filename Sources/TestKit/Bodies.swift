/// The ticket body of the contract.
package struct TicketBody: Decodable, Sendable, Equatable {
    package struct Eta: Decodable, Sendable, Equatable {
        package var p50Ms: Double?
        package var p90Ms: Double?
        package var known: Bool?
    }

    package var ticket: String
    package var item: String
    package var user: String?
    package var quantity: Int
    package var state: String
    package var sequence: Int64
    package var position: Int64?
    package var ahead: Int64?
    package var eta: Eta?
    package var verdict: String?
    package var pollAfterMs: Int64?
    package var order: String?
    package var expiresAt: String?
    package var reason: String?
    package var final: Bool
}

/// The item body of the contract.
package struct ItemBody: Decodable, Sendable, Equatable {
    package var item: String
    package var state: String
    package var stockTotal: Int64
    package var stockLeft: Int64
    package var held: Int64
    package var sold: Int64
    package var waiting: Int64
    package var queueLimit: Int64
    package var opensAt: String?
    package var closesAt: String?
    package var serverTime: String?
    package var drainPerSecond: Double?

    /// Whether every unit is in exactly one place.
    package var addsUp: Bool { stockTotal == stockLeft + held + sold && stockLeft >= 0 && held >= 0 && sold >= 0 }
}

/// An RFC 9457 problem with our stable code.
package struct ProblemBody: Decodable, Sendable, Equatable {
    package var type: String?
    package var title: String?
    package var status: Int?
    package var detail: String?
    package var code: String?
    package var retryAfterMs: Int64?
}
