public import Base

/// The counters of an item, as one script saw them.
public struct ItemCounters: Sendable, Equatable {
    public var version: Int64 = 0  // one up with every write
    public var notification: Int64 = 0  // one up with every change notification
    public var head: Int64 = 0  // last sequence taken
    public var tail: Int64 = 0  // last sequence given
    public var cancelled: Int64 = 0  // between head and tail, and no longer there
    public var free: Int64 = 0  // units
    public var held: Int64 = 0  // units, in_doubt included
    public var inDoubt: Int64 = 0  // units
    public var sold: Int64 = 0  // units
    public var endedAt: Int64 = 0  // watermark: each sequence up to it without a result byte is sold out
    public var ended: Int64 = 0  // 1 after the end, until units come back
    public var redo: Int64 = 0  // purchases of lost workers, served before the queue

    public init() {}

    /// Purchases in the queue now.
    public var waiting: Int64 { tail - head - cancelled }
    public var hasEnded: Bool { ended == 1 }
    public var stockTotal: Int64 { free + held + sold }
    /// Units that are held and may come back; those in doubt may not.
    public var mayComeBack: Int64 { held - inDoubt }
    /// No unit is free, and some may come back: who joins now waits for those.
    public var hasWaitlist: Bool { free == 0 && mayComeBack > 0 && !hasEnded }
}

/// What an operator sets.
public struct ItemSettings: Sendable, Equatable {
    public var isFrozen = false
    public var isClosed = false
    public var isPaused = false
    public var opensAt = WallInstant(milliseconds: 0)  // 0: always open
    public var closesAt = WallInstant(milliseconds: 0)  // 0: never
    public var queueLimit: Int64 = 0  // purchases
    public var perUserLimit: Int64 = 1  // purchases, 0 = no limit
    public var perUserUnits: Int64 = 0  // units, 0 = no limit
    public var largest: Int64 = 1  // largest quantity admitted so far, units
    public var closesOnSoldOut = false
    public var weight: Int64 = 1
    /// The store keeps references of orders, or reasons of refusals, for some of its tickets.
    public var hasOrders = false
    public var isHolding = false  // nothing is taken from the queue, and newcomers may join it
    public var edition: Int64 = 0  // one up with every change by an operator
    public var payWindow = TimeSpan.zero  // from the win until the buyer must have paid; zero: sold at once
    public var payGrace = TimeSpan.zero  // a payment is taken for so much longer
    public var paySpread = TimeSpan.zero  // up to so much is added to the window, a purchase

    public init() {}
}

/// All of an item at one instant of the store's clock.
public struct ItemSnapshot: Sendable, Equatable {
    public var counters: ItemCounters
    public var settings: ItemSettings
    public var boot: String  // run id of the store that may write the item
    /// Name of the item's life between two restarts of the store: never used twice, also where a run id comes back.
    public var life: String
    /// Sequences that were left out after restarts of the store.
    public var skipped: SkippedSequences
    /// Why it is frozen; nil where it is not, or where the store does not say.
    public var freeze: ItemFreeze?
    public var incarnation: UInt64
    public var salt: [UInt8]  // 16 bytes, key of the hashes that stay with the item
    public var storeTime: WallInstant

    public init(
        counters: ItemCounters, settings: ItemSettings, boot: String, incarnation: UInt64, salt: [UInt8],
        storeTime: WallInstant, life: String? = nil, freeze: ItemFreeze? = nil, skipped: SkippedSequences = .init()
    ) {
        self.counters = counters
        self.settings = settings
        self.boot = boot
        self.life = life ?? boot
        self.freeze = freeze
        self.skipped = skipped
        self.incarnation = incarnation
        self.salt = salt
        self.storeTime = storeTime
    }

    /// The state that an item body shows at `time` of the store's clock.
    public func state(at time: WallInstant) -> ItemState {
        if settings.isFrozen { return .frozen }
        if settings.isClosed || (settings.closesAt.milliseconds > 0 && time >= settings.closesAt) { return .closed }
        if time < settings.opensAt { return .scheduled }
        if counters.hasEnded { return .soldOut }
        return settings.isPaused ? .paused : .open
    }

    public var edition: ItemEdition { ItemEdition(incarnation: incarnation, number: settings.edition) }
}

public enum ItemState: String, Sendable {
    case scheduled, open, paused, frozen, closed
    case soldOut = "sold_out"
}
