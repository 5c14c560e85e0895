/// The calls and the order of each key: the service's own count, independent of any caller's.
public struct OrderBook: Sendable {
    /// Keys remembered at most; more are turned away as busy.
    public static let mostKeys = 2_000_000

    public enum Status: Sendable, Equatable {
        /// Called, and nothing done yet.
        case pending
        /// The order's number, from 1.
        case confirmed(Int)
        case refused
    }

    public struct Entry: Sendable {
        public let key: String
        public let ticket: String
        public internal(set) var calls = 0
        public internal(set) var status = Status.pending
    }

    /// In the order of their first calls.
    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]
    public private(set) var orders = 0
    public private(set) var refusals = 0
    /// Calls that found their order or refusal made before.
    public private(set) var duplicates = 0

    public init() {}

    /// Counts a call; its place in `entries`, nil when there is no room for another key.
    mutating func call(key: String, ticket: String) -> Int? {
        if let place = places[key] {
            entries[place].calls += 1
            return place
        }
        guard entries.count < Self.mostKeys else { return nil }
        places[key] = entries.count
        entries.append(Entry(key: key, ticket: ticket, calls: 1))
        return entries.count - 1
    }

    /// Places or refuses the order, once: a retry finds what was done.
    mutating func apply(_ place: Int, refuses: Bool) -> Status {
        guard entries[place].status == .pending else {
            duplicates += 1
            return entries[place].status
        }
        if refuses {
            refusals += 1
            entries[place].status = .refused
        } else {
            orders += 1
            entries[place].status = .confirmed(orders)
        }
        return entries[place].status
    }

    func status(_ place: Int) -> Status { entries[place].status }

    /// How often keys were called: once, twice, more often, and the most for one key.
    public var callCounts: (once: Int, twice: Int, more: Int, most: Int) {
        entries.reduce(into: (0, 0, 0, 0)) { counts, entry in
            switch entry.calls {
            case 1: counts.0 += 1
            case 2: counts.1 += 1
            default: counts.2 += 1
            }
            counts.3 = max(counts.3, entry.calls)
        }
    }
}
