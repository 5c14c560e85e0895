import Base
import Domain
import Store

/// Reads the bodies of the admin listener.
enum AdminBodies {
    /// The body of `PUT /admin/v1/items/{item}`.
    static func itemChange(_ body: Span<UInt8>) throws(JSONError) -> ItemChange {
        try JSONReader.read(body) { (json) throws(JSONError) in
            var change = ItemChange()
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() { try read(key, from: &json, into: &change, &seen) }
            if let opens = change.opensAt, let closes = change.closesAt, closes.milliseconds > 0, closes <= opens {
                throw JSONError(.mustBe("after opens_at"), field: "closes_at")
            }
            return change
        }
    }

    private static func read(
        _ key: JSONText, from json: inout JSONReader, into change: inout ItemChange, _ seen: inout JSONSeenFields
    ) throws(JSONError) {
        if try json.matches(key, "stock", once: 0, in: &seen) {
            change.stock = try json.integer(in: Limits.stock)
        } else if try json.matches(key, "queue_limit", once: 1, in: &seen) {
            change.queueLimit = try json.integer(in: Limits.queueLimit)
        } else if try json.matches(key, "per_user_limit", once: 2, in: &seen) {
            let most = Int64(Limits.purchasesPerUser)
            change.perUserLimit = try json.null() ? 0 : json.integer(in: 1...most)
        } else if try json.matches(key, "per_user_units", once: 3, in: &seen) {
            change.perUserUnits = try json.null() ? 0 : json.integer(in: Limits.unitsPerUser)
        } else if try json.matches(key, "opens_at", once: 4, in: &seen) {
            change.opensAt = try time(from: &json)
        } else if try json.matches(key, "closes_at", once: 5, in: &seen) {
            change.closesAt = try time(from: &json)
        } else if try json.matches(key, "on_sold_out", once: 6, in: &seen) {
            let text = json.copy(try json.string())
            guard text == "waitlist" || text == "close" else {
                throw json.failure(.mustBe("\"waitlist\" or \"close\""))
            }
            change.closesOnSoldOut = text == "close"
        } else if try json.matches(key, "weight", once: 7, in: &seen) {
            change.weight = try json.integer(in: Limits.weight)
        } else if try json.matches(key, "pay_window_ms", once: 8, in: &seen) {
            guard try json.integer() == 0 else { throw json.failure(.mustBe("0: payment holds are not available yet")) }
        } else if try json.matches(key, "pay_grace_ms", once: 9, in: &seen) {
            guard try json.integer() == 0 else { throw json.failure(.mustBe("0: payment holds are not available yet")) }
        } else {
            try json.skip()
        }
    }

    private static func time(from json: inout JSONReader) throws(JSONError) -> WallInstant {
        if try json.null() { return WallInstant(milliseconds: 0) }
        let text = json.copy(try json.string())
        guard let time = RFC3339.parse(text), time.milliseconds > 0 else {
            throw json.failure(.mustBe("an RFC 3339 time such as 2026-11-11T00:00:00Z, or null"))
        }
        return time
    }

    /// The body of `PUT /admin/v1/settings`; nil where it names nothing that can be set.
    static func switches(_ body: Span<UInt8>) throws(JSONError) -> Switches? {
        try JSONReader.read(body) { (json) throws(JSONError) in
            var switches: Switches?
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try json.matches(key, "poll_budget_per_second", once: 0, in: &seen) {
                    let isNone = try json.null()
                    switches = Switches(
                        pollBudget: isNone
                            ? Switches.PollBudget.none : .perSecond(try json.integer(in: Limits.pollsPerSecond)))
                } else {
                    try json.skip()
                }
            }
            return switches
        }
    }

    /// The body of `POST …/restock`.
    static func restock(_ body: Span<UInt8>) throws(JSONError) -> Int64 {
        try JSONReader.read(body) { (json) throws(JSONError) in
            var units: Int64?
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try json.matches(key, "units", once: 0, in: &seen) {
                    units = try json.integer(in: 1...Limits.stock.upperBound)
                } else {
                    try json.skip()
                }
            }
            guard let units else { throw JSONError(.missing, field: "units") }
            return units
        }
    }
}
