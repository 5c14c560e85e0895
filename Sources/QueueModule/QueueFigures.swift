public import Base
public import HTTPServer
public import Store

/// What one loop has counted, as a copy that a scrape adds up.
public struct QueueFigures: Sendable {
    public var accepted: UInt64 = 0
    public var replayed: UInt64 = 0
    public var refused: [UInt64] = [UInt64](repeating: 0, count: PurchaseRefusal.allCases.count)
    public var refusedFromMemory: UInt64 = 0
    public var polls: UInt64 = 0
    public var pollsFromMemory: UInt64 = 0
    public var forgedTickets: UInt64 = 0
    public var batches: UInt64 = 0
    public var storeFailures: UInt64 = 0
    public var rollbacks: UInt64 = 0
    public var impairments: [Impairment.Cause] = []  // at the moment
    public var server = ServerStatistics()
    public var times = RequestTimes()
    public var lag = TimeSpan.zero  // of the loop's timers, the longest lately

    public var push = PushFigures()

    public var emptied: UInt64 = 0  // times that the store was found to have other data than before, or none

    public init() {}

    public enum PurchaseRefusal: Int, CaseIterable, Sendable {
        case invalid, unknownItem, mismatch, limit, closed, notOpen, soldOut, paused, queueFull, degraded, store

        public var label: String {
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

    /// Requests that stay open.
    public struct PushFigures: Sendable {
        public var streams = 0  // open now
        public var polls = 0  // waiting now
        public var listeners = 0  // tickets that somebody listens for
        public var ticketEvents: UInt64 = 0
        public var itemEvents: UInt64 = 0
        public var heartbeats: UInt64 = 0
        public var refused: UInt64 = 0
    }

    public mutating func refuse(_ why: PurchaseRefusal) { refused[why.rawValue] += 1 }
}
