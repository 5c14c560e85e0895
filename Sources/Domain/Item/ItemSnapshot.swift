package import Base

/// The moving numbers of an item, as one script saw them. Order and names are those of `COUNTERS` in common.lua.
package struct ItemCounters: Sendable, Equatable {
    package var version: Int64 = 0  // one up with every write
    package var news: Int64 = 0  // one up with every message to the listeners
    package var head: Int64 = 0  // last sequence taken
    package var tail: Int64 = 0  // last sequence given
    package var cancelled: Int64 = 0  // between head and tail, but gone
    package var free: Int64 = 0  // units
    package var held: Int64 = 0  // units, in_doubt included
    package var inDoubt: Int64 = 0  // units
    package var sold: Int64 = 0  // units
    package var endedAt: Int64 = 0  // watermark: everything up to here without a result byte is sold out
    package var ended: Int64 = 0  // 1 after the end, until units come back
    package var redo: Int64 = 0  // purchases of lost workers, served before the queue

    package static let count = 12

    package init() {}

    /// From the twelve numbers in the order of the scripts; nil when there are fewer, or one that no script can hold.
    package init?(_ numbers: some RandomAccessCollection<Int64>) {
        guard numbers.count >= Self.count, numbers.allSatisfy(Limits.counter.contains) else {
            return nil
        }
        var iterator = numbers.makeIterator()
        func next() -> Int64 { iterator.next() ?? 0 }
        version = next()
        news = next()
        head = next()
        tail = next()
        cancelled = next()
        free = next()
        held = next()
        inDoubt = next()
        sold = next()
        endedAt = next()
        ended = next()
        redo = next()
    }

    /// Purchases in the queue now.
    package var waiting: Int64 { tail - head - cancelled }
    package var hasEnded: Bool { ended == 1 }
    package var stockTotal: Int64 { free + held + sold }
}

/// What an operator sets.
package struct ItemSettings: Sendable, Equatable {
    package var isFrozen = false
    package var isClosed = false
    package var isPaused = false
    package var opensAt = WallInstant(milliseconds: 0)  // 0: always open
    package var closesAt = WallInstant(milliseconds: 0)  // 0: never
    package var queueLimit: Int64 = 0  // purchases
    package var perUserLimit: Int64 = 1  // purchases, 0 = no limit
    package var perUserUnits: Int64 = 0  // units, 0 = no limit
    package var largest: Int64 = 1  // largest quantity admitted so far, units
    package var closesOnSoldOut = false
    package var weight: Int64 = 1

    package init() {}
}

/// All of an item at one instant of the store's clock.
package struct ItemSnapshot: Sendable, Equatable {
    package var counters: ItemCounters
    package var settings: ItemSettings
    package var boot: String  // run id of the store that may write it
    package var incarnation: UInt64
    package var salt: [UInt8]  // 16 bytes, key of the hashes that stay with the item
    package var storeTime: WallInstant

    package init(
        counters: ItemCounters, settings: ItemSettings, boot: String, incarnation: UInt64, salt: [UInt8],
        storeTime: WallInstant
    ) {
        self.counters = counters
        self.settings = settings
        self.boot = boot
        self.incarnation = incarnation
        self.salt = salt
        self.storeTime = storeTime
    }

    /// The state that an item body shows at `time` of the store's clock.
    package func state(at time: WallInstant) -> ItemState {
        if settings.isFrozen { return .frozen }
        if settings.isClosed || (settings.closesAt.milliseconds > 0 && time >= settings.closesAt) { return .closed }
        if time < settings.opensAt { return .scheduled }
        if counters.hasEnded { return .soldOut }
        return settings.isPaused ? .paused : .open
    }
}

package enum ItemState: String, Sendable {
    case scheduled, open, paused, frozen, closed
    case soldOut = "sold_out"
}
