import Base
import Domain
import Store

/// Reads the bodies of the admin listener. They are strict: what isn't known is refused by name.
enum AdminBodies {
    private static let item = StrictObject<ItemChange>([
        .init("stock") { (json, change) throws(JSONError) in change.stock = try json.integer(in: Limits.stock) },
        .init("queue_limit") { (json, change) throws(JSONError) in
            change.queueLimit = try json.integer(in: Limits.queueLimit)
        },
        .init("per_user_limit") { (json, change) throws(JSONError) in
            let most = Int64(Limits.purchasesPerUser)
            change.perUserLimit = try json.null() ? 0 : json.integer(in: 1...most)
        },
        .init("per_user_units") { (json, change) throws(JSONError) in
            change.perUserUnits = try json.null() ? 0 : json.integer(in: Limits.unitsPerUser)
        },
        .init("opens_at") { (json, change) throws(JSONError) in change.opensAt = try time(from: &json) },
        .init("closes_at") { (json, change) throws(JSONError) in change.closesAt = try time(from: &json) },
        .init("on_sold_out") { (json, change) throws(JSONError) in
            let text = json.copy(try json.string())
            guard text == "waitlist" || text == "close" else {
                throw json.failure(.mustBe("\"waitlist\" or \"close\""))
            }
            change.closesOnSoldOut = text == "close"
        },
        .init("weight") { (json, change) throws(JSONError) in change.weight = try json.integer(in: Limits.weight) },
        .init("pay_window_ms") { (json, change) throws(JSONError) in change.payWindow = try payTime(from: &json) },
        .init("pay_grace_ms") { (json, change) throws(JSONError) in change.payGrace = try payTime(from: &json) },
        .init("pay_spread_ms") { (json, change) throws(JSONError) in change.paySpread = try payTime(from: &json) },
    ])

    /// The body of `PUT /admin/v1/items/{item}`.
    static func itemChange(_ body: Span<UInt8>) throws(JSONError) -> ItemChange {
        var change = ItemChange()
        try item.read(body, into: &change)
        if let opens = change.opensAt, let closes = change.closesAt, closes.milliseconds > 0, closes <= opens {
            throw JSONError(.mustBe("after opens_at"), field: "closes_at")
        }
        return change
    }

    static func time(from json: inout JSONReader) throws(JSONError) -> WallInstant {
        if try json.null() { return WallInstant(milliseconds: 0) }
        let text = json.copy(try json.string())
        guard let time = RFC3339.parse(text), time.milliseconds > 0 else {
            throw json.failure(.mustBe("an RFC 3339 time such as 2026-11-11T00:00:00Z, or null"))
        }
        return time
    }

    private static func payTime(from json: inout JSONReader) throws(JSONError) -> TimeSpan {
        .milliseconds(try json.integer(in: Limits.payTime))
    }

    private static let settings = StrictObject<Switches?>([
        .init("poll_budget_per_second") { (json, switches) throws(JSONError) in
            let isNone = try json.null()
            switches = Switches(
                pollBudget: isNone ? Switches.PollBudget.none : .perSecond(try json.integer(in: Limits.pollsPerSecond)))
        }
    ])

    /// The body of `PUT /admin/v1/settings`; nil where it names nothing.
    static func switches(_ body: Span<UInt8>) throws(JSONError) -> Switches? {
        var switches: Switches?
        try settings.read(body, into: &switches)
        return switches
    }

    private static let units = StrictObject<Int64?>([
        .init("units") { (json, units) throws(JSONError) in
            units = try json.integer(in: 1...Limits.stock.upperBound)
        }
    ])

    /// The body of `POST …/restock`.
    static func restock(_ body: Span<UInt8>) throws(JSONError) -> Int64 {
        var units: Int64?
        try self.units.read(body, into: &units)
        guard let units else { throw JSONError(.missing, field: "units") }
        return units
    }

    private static let none = StrictObject<Void>([])

    /// The body of a call that takes no fields: none, or an empty object.
    static func nothing(_ body: Span<UInt8>) throws(JSONError) {
        guard !body.isEmpty else { return }
        var nothing: Void = ()
        try none.read(body, into: &nothing)
    }
}
