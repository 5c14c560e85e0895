public import Domain

/// What one loop knows of an item, for the metrics.
public struct ItemFigures: Sendable {
    public let name: ItemName
    public let counters: ItemCounters
    public let isFrozen: Bool
    public let isPaused: Bool

    init(_ name: ItemName, _ counters: ItemCounters, _ settings: ItemSettings) {
        self.name = name
        self.counters = counters
        isFrozen = settings.isFrozen
        isPaused = settings.isPaused
    }

    /// The items of the process, in the order of `rank`: of each the figures of the loop that has the newest, so that
    /// it doesn't matter which loop served a buyer.
    public static func merged(_ loops: [[ItemFigures]]) -> [ItemFigures] {
        var newest: [ItemName: ItemFigures] = [:]
        for item in loops.joined() {
            if let known = newest[item.name], known.counters.version >= item.counters.version { continue }
            newest[item.name] = item
        }
        let ranked = newest.values.sorted { left, right in
            let (first, second) = (left.rank, right.rank)
            return first == second ? left.name.description < right.name.description : first > second
        }
        return Array(ranked.prefix(Limits.itemsWatched))
    }

    private var rank: Int64 { Self.rank(counters, isFrozen: isFrozen) }

    /// Orders items for display: those that need an operator first, then by the length of their queues.
    static func rank(_ counters: ItemCounters, isFrozen: Bool) -> Int64 {
        counters.waiting + (isFrozen || counters.inDoubt > 0 ? Limits.counter.upperBound : 0)
    }
}

/// The kinds of public requests, as `RequestTimes` counts them.
public enum RequestKind {
    static let purchase: UInt8 = 1
    static let poll: UInt8 = 2
    static let cancel: UInt8 = 3
    static let item: UInt8 = 4
    static let health: UInt8 = 5
    static let stream: UInt8 = 6
    static let page: UInt8 = 7

    /// Their names, in order; the first is for unknown paths, and for requests that no handler saw.
    public static let names = ["other", "purchase", "poll", "cancel", "item", "health", "stream", "page"]
}
