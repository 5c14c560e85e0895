import Base
public import Domain

/// The fields of an item's `meta`. Scripts name no other.
enum MetaField: String, CaseIterable {
    // Which item it is, and since which restart of the store.
    case boot, incarnation, salt, life, edition
    // Counters.
    case version, head, tail, cancelled, free, held, sold, ended, redo
    case notification = "news"
    case inDoubt = "in_doubt"
    case endedAt = "ended_at"
    // Settings.
    case frozen, closed, paused, holding, largest, weight
    case opensAt = "opens_at"
    case closesAt = "closes_at"
    case queueLimit = "queue_limit"
    case queueLimitIsSet = "queue_limit_is_set"
    case perUserLimit = "per_user_limit"
    case perUserUnits = "per_user_units"
    case onSoldOutClose = "on_sold_out_close"
    case hasOrders = "has_orders"
    case payWindow = "pay_window"
    case payGrace = "pay_grace"
    case paySpread = "pay_spread"
    // The leader's clock when the deadlines of all new holds were last checked.
    case holdsSeen = "holds_seen"
    // Of the books: the version that was archived, and what is written about it; segments that are left to delete.
    case archived, archive, deleting
    // The last entry of the ledger that was removed for its age, and what the removed ones add up to.
    case trimmed
    // The term of the leader that wrote the last point of the series; 0: none yet, since the item was made.
    case sampled
    // Left by restarts of the store.
    case skips
    case frozenBy = "frozen_by"

    /// Stands before the name of a life, or the run id of a store: how far it had got when it ended.
    static let kept = "kept:"
}

// The counters are twelve numbers in a row in replies, notifications and reports. Their order stands here three times:
// as names, and to read and to write numbers without a comparison of names.
extension ItemCounters {
    static let fields: [MetaField] = [
        .version, .notification, .head, .tail, .cancelled, .free, .held, .inDoubt, .sold, .endedAt, .ended, .redo,
    ]
    public static let count = 12

    /// From the twelve numbers; nil when there are fewer, or when no script can have left them.
    public init?(_ numbers: some RandomAccessCollection<Int64>) {
        guard numbers.count >= Self.count, numbers.allSatisfy(Limits.counter.contains) else {
            return nil
        }
        var iterator = numbers.makeIterator()
        func next() -> Int64 { iterator.next() ?? 0 }
        self.init()
        version = next()
        notification = next()
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
        guard areConserved else { return nil }
    }

    /// Whether a script can have left these: no more units than a stock may have, and no unit and no sequence counted
    /// twice. A message or reply that breaks it is refused where it is read; what is written here must keep it.
    var areConserved: Bool {
        free + held + sold <= Limits.stock.upperBound && inDoubt <= held && redo <= held
            && head + cancelled <= tail && endedAt <= tail && ended <= 1
    }

    /// The twelve numbers, with a space before each.
    var words: String {
        assert(areConserved, "counters that no script can have left")
        return
            " \(version) \(notification) \(head) \(tail) \(cancelled) \(free) \(held) \(inDoubt)"
            + " \(sold) \(endedAt) \(ended) \(redo)"
    }
}

// The settings are seventeen numbers in a row in the reply that describes an item.
extension ItemSettings {
    static let fields: [MetaField] = [
        .frozen, .closed, .paused, .opensAt, .closesAt, .queueLimit, .perUserLimit, .perUserUnits, .largest,
        .onSoldOutClose, .weight, .hasOrders, .holding, .edition, .payWindow, .payGrace, .paySpread,
    ]

    /// From the numbers of settings.lua; nil when there are more or fewer.
    init?(_ values: [Int64]) {
        guard values.count == Self.fields.count else { return nil }
        self.init()
        isFrozen = values[0] == 1
        isClosed = values[1] == 1
        isPaused = values[2] == 1
        opensAt = WallInstant(milliseconds: values[3])
        closesAt = WallInstant(milliseconds: values[4])
        queueLimit = values[5]
        perUserLimit = values[6]
        perUserUnits = values[7]
        largest = values[8]
        closesOnSoldOut = values[9] == 1
        weight = values[10]
        hasOrders = values[11] == 1
        isHolding = values[12] == 1
        edition = values[13]
        payWindow = .milliseconds(values[14])
        payGrace = .milliseconds(values[15])
        paySpread = .milliseconds(values[16])
    }
}
