package import HTTPServer

/// What one loop has counted. Loop-confined; a scrape adds up copies.
package struct QueueFigures: Sendable {
    package var accepted: UInt64 = 0
    package var replayed: UInt64 = 0
    package var refused: [UInt64] = [UInt64](repeating: 0, count: PurchaseRefusal.allCases.count)
    package var refusedFromMemory: UInt64 = 0
    package var polls: UInt64 = 0
    package var pollsFromMemory: UInt64 = 0
    package var forgedTickets: UInt64 = 0
    package var batches: UInt64 = 0
    package var storeFailures: UInt64 = 0
    package var rollbacks: UInt64 = 0
    package var server = ServerStatistics()

    package init() {}

    package enum PurchaseRefusal: Int, CaseIterable, Sendable {
        case invalid, unknownItem, mismatch, limit, closed, notOpen, soldOut, paused, queueFull, degraded, store

        package var label: String {
            switch self {
            case .invalid: "invalid"
            case .unknownItem: "unknown_item"
            case .mismatch: "idempotency_mismatch"
            case .limit: "purchase_limit"
            case .closed: "closed"
            case .notOpen: "not_open"
            case .soldOut: "sold_out"
            case .paused: "paused"
            case .queueFull: "queue_full"
            case .degraded: "degraded"
            case .store: "store_unavailable"
            }
        }
    }

    package mutating func refuse(_ why: PurchaseRefusal) { refused[why.rawValue] += 1 }
}
