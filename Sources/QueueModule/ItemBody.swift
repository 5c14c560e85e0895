import Base
import Domain
import HTTPServer

/// What is public of an item, and what operators see beside it.
struct ItemBody {
    let name: ItemName
    let snapshot: ItemSnapshot
    let storeTime: WallInstant
    let drainPerSecond: Int64
    /// The freeze that this change lifted.
    var thawed: ItemFreeze?

    /// Whether both show the same but for the time.
    func showsTheSame(as other: ItemBody) -> Bool {
        snapshot.counters == other.snapshot.counters && drainPerSecond == other.drainPerSecond
            && snapshot.settings == other.snapshot.settings && snapshot.incarnation == other.snapshot.incarnation
            && snapshot.state(at: storeTime) == other.snapshot.state(at: other.storeTime)
    }

    func write(to json: inout JSONWriter, withCounters: Bool = false, withTime: Bool = true) {
        let counters = snapshot.counters
        let settings = snapshot.settings
        json.beginObject()
        json.field("item", name.description)
        json.field("state", snapshot.state(at: storeTime).rawValue)
        json.field("stock_total", counters.stockTotal)
        json.field("stock_left", counters.free)
        json.field("held", counters.held)
        json.field("sold", counters.sold)
        json.field("waiting", counters.waiting)
        json.field("queue_limit", settings.queueLimit)
        json.field("opens_at", settings.opensAt.milliseconds == 0 ? nil : settings.opensAt)
        json.field("closes_at", settings.closesAt.milliseconds == 0 ? nil : settings.closesAt)
        if withTime { json.field("server_time", Optional(storeTime)) }
        json.field("drain_per_second", drainPerSecond)
        json.field("paused", settings.isPaused)
        json.field("holding", settings.isHolding)
        json.field("waitlist", counters.hasWaitlist)
        if withCounters { writeCounters(to: &json) }
        json.endObject()
    }

    /// What operators see besides.
    private func writeCounters(to json: inout JSONWriter) {
        let counters = snapshot.counters
        let settings = snapshot.settings
        json.field("per_user_limit", settings.perUserLimit == 0 ? nil : settings.perUserLimit)
        json.field("per_user_units", settings.perUserUnits == 0 ? nil : settings.perUserUnits)
        json.field("pay_window_ms", settings.payWindow.wholeMilliseconds)
        json.field("pay_grace_ms", settings.payGrace.wholeMilliseconds)
        json.field("pay_spread_ms", settings.paySpread.wholeMilliseconds)
        json.field("on_sold_out", settings.closesOnSoldOut ? "close" : "waitlist")
        json.field("weight", settings.weight)
        json.field("in_doubt", counters.inDoubt)
        json.field("redo", counters.redo)
        json.field("head", counters.head)
        json.field("tail", counters.tail)
        json.field("cancelled", counters.cancelled)
        json.field("ended_at", counters.endedAt)
        json.field("version", counters.version)
        json.field("frozen", settings.isFrozen)
        if let freeze = snapshot.freeze, settings.isFrozen { Self.write(freeze, as: "frozen_by", to: &json) }
        if let thawed { Self.write(thawed, as: "thawed", to: &json) }
    }

    /// What was compared when the item was frozen.
    private static func write(_ freeze: ItemFreeze, as name: StaticString, to json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.field("seen_version", freeze.seenVersion)
        json.field("kept_version", freeze.keptVersion)
        json.field("sequences_lost", freeze.sequencesLost)
        json.field("life", freeze.life)
        json.field("at", Optional(freeze.at))
        json.endObject()
    }

    /// The weak tag of a page.
    static func tag(of body: Span<UInt8>) -> String { "W/\"\(String(body.fnv1a, radix: 16))\"" }
}
