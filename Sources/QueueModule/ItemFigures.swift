public import Domain

/// What one loop remembers of an item, for the metrics.
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

    /// The items of the process: of each the figures of the loop that knows the newest, so that it doesn't matter which
    /// loop a buyer came to. Those that need an operator come first, then the longest queues.
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

    private var rank: Int64 { counters.waiting + (isFrozen || counters.inDoubt > 0 ? Limits.counter.upperBound : 0) }
}

/// What a public request asks for, as `RequestTimes` counts it.
public enum RequestKind {
    static let purchase: UInt8 = 1
    static let poll: UInt8 = 2
    static let cancel: UInt8 = 3
    static let item: UInt8 = 4
    static let health: UInt8 = 5

    /// Their names, in order; the first is for what is none of ours, or was refused before anybody looked.
    public static let names = ["other", "purchase", "poll", "cancel", "item", "health"]
}
