import Base
import Domain
import Store
import Testing

@testable import QueueModule

private func change(_ text: String) throws -> ItemChange { try AdminBodies.itemChange(text.utf8.span) }

private func refusal(_ text: String) -> String? {
    do throws(JSONError) {
        _ = try AdminBodies.itemChange(text.utf8.span)
        return nil
    } catch {
        return error.description
    }
}

@Test func `an empty body changes nothing`() throws {
    #expect(try change("{}") == ItemChange())
}

@Test func `every field of the contract is read`() throws {
    let all = try change(
        """
        {"stock":100,"queue_limit":300,"per_user_limit":2,"per_user_units":5,"opens_at":"2026-11-11T00:00:00Z",
         "closes_at":"2026-11-11T01:00:00+00:00","pay_window_ms":7,"pay_grace_ms":8,"on_sold_out":"close","weight":3,
         "pay_spread_ms":9}
        """)
    var expected = ItemChange()
    expected.stock = 100
    expected.queueLimit = 300
    expected.perUserLimit = 2
    expected.perUserUnits = 5
    expected.opensAt = WallInstant(milliseconds: 1_794_355_200_000)
    expected.closesAt = WallInstant(milliseconds: 1_794_358_800_000)
    expected.closesOnSoldOut = true
    expected.weight = 3
    (expected.payWindow, expected.payGrace) = (.milliseconds(7), .milliseconds(8))
    expected.paySpread = .milliseconds(9)
    #expect(all == expected)
}

@Test func `null takes a limit or a time away`() throws {
    let lifted = try change(#"{"per_user_limit":null,"per_user_units":null,"opens_at":null,"closes_at":null}"#)
    #expect(lifted.perUserLimit == 0 && lifted.perUserUnits == 0)
    #expect(lifted.opensAt?.milliseconds == 0 && lifted.closesAt?.milliseconds == 0)
    #expect(try change(#"{"on_sold_out":"waitlist"}"#).closesOnSoldOut == false)
}

@Test(arguments: [
    ("", "not valid JSON"), ("null", "must be an object"), (#"{"stock":-1}"#, "stock must be an integer from 0"),
    (#"{"stock":null}"#, "stock must be an integer"), (#"{"stock":1000000001}"#, "stock must be an integer from 0"),
    (#"{"stock":1,"stock":2}"#, "stock is given twice"), (#"{"queue_limit":0}"#, "queue_limit must be"),
    (#"{"per_user_limit":0}"#, "per_user_limit must be an integer from 1 to 8"),
    (#"{"per_user_limit":9}"#, "per_user_limit must be an integer from 1 to 8"),
    (#"{"per_user_units":0}"#, "per_user_units must be"),
    (#"{"weight":0}"#, "weight must be an integer from 1 to 1000"),
    (#"{"on_sold_out":"stop"}"#, "on_sold_out must be \"waitlist\" or \"close\""),
    (#"{"on_sold_out":null}"#, "on_sold_out must be a string"),
    (#"{"opens_at":"soon"}"#, "opens_at must be an RFC 3339"),
    (#"{"opens_at":1}"#, "opens_at must be a string"), (#"{"closes_at":"1970-01-01T00:00:00Z"}"#, "closes_at must be"),
    (#"{"pay_window_ms":604800001}"#, "pay_window_ms must be"), (#"{"pay_grace_ms":-1}"#, "pay_grace_ms must be"),
    (#"{"pay_spread_ms":1.5}"#, "pay_spread_ms must be"), (#"{"pay_window_ms":null}"#, "pay_window_ms must be"),
    (#"{"opens_at":"2026-11-11T01:00:00Z","closes_at":"2026-11-11T01:00:00Z"}"#, "closes_at must be after opens_at"),
])
func `what an operator got wrong is named`(body: String, reason: String) throws {
    #expect(try #require(refusal(body)).contains(reason))
}

@Test(arguments: [
    (#"{"stock":10,"open_at":"2030-01-01T00:00:00Z"}"#, "open_at", "opens_at"), (#"{"stok":10}"#, "stok", "stock"),
    (#"{"stock":10,"per_user_limt":1}"#, "per_user_limt", "per_user_limit"),
    (#"{"queueLimit":5}"#, "queueLimit", "queue_limit"), (#"{"Stock":5}"#, "Stock", "stock"),
    (#"{"closes":null}"#, "closes", "closes_at"), (#"{"on_soldout":"close"}"#, "on_soldout", "on_sold_out"),
    (#"{"\u0073tok":1}"#, "stok", "stock"),
])
func `a misspelt field is refused with the one that was meant`(body: String, wrong: String, meant: String) throws {
    let reason = try #require(refusal(body))
    #expect(reason == "unknown field \"\(wrong)\": the nearest known one is \"\(meant)\"")
}

@Test func `every body of an operator is strict`() {
    func reason(_ read: (Span<UInt8>) throws(JSONError) -> Void, _ text: String) -> String? {
        do throws(JSONError) {
            try read(text.utf8.span)
            return nil
        } catch {
            return error.description
        }
    }
    let restock = reason({ (body) throws(JSONError) in _ = try AdminBodies.restock(body) }, #"{"unit":3}"#)
    #expect(restock == #"unknown field "unit": the nearest known one is "units""#)
    let settings = reason(
        { (body) throws(JSONError) in _ = try AdminBodies.switches(body) }, #"{"poll_budget":3}"#)
    #expect(settings == #"unknown field "poll_budget": the nearest known one is "poll_budget_per_second""#)
    let nothing = { (body: Span<UInt8>) throws(JSONError) in try AdminBodies.nothing(body) }
    #expect(reason(nothing, #"{"until":"2030-01-01T00:00:00Z"}"#) == #"unknown field "until": none is taken here"#)
    #expect(reason(nothing, "") == nil && reason(nothing, "{}") == nil && reason(nothing, "[]") != nil)
}

@Test func `a restock needs at least one unit`() throws {
    func units(_ text: String) -> Int64? { try? AdminBodies.restock(text.utf8.span) }
    #expect(units(#"{"units":10}"#) == 10)
    for wrong in [
        #"{"why":"found some","units":1}"#,
        "", "{}", "[]", #"{"units":0}"#, #"{"units":-1}"#, #"{"units":1.5}"#, #"{"units":1,"units":1}"#,
        #"{"units":1000000001}"#,
    ] {
        #expect(units(wrong) == nil, "\(wrong)")
    }
}

/// The document of the API has the bounds that the engine has.
@Test(arguments: [
    ("ItemChange", "stock", Limits.stock), ("ItemChange", "queue_limit", Limits.queueLimit),
    ("ItemChange", "per_user_limit", 1...Int64(Limits.purchasesPerUser)),
    ("ItemChange", "per_user_units", Limits.unitsPerUser), ("ItemChange", "weight", Limits.weight),
    ("Item", "queue_limit", Limits.queueLimit), ("Restock", "units", 1...Limits.stock.upperBound),
    ("PurchaseRequest", "quantity", Limits.quantity), ("ItemChange", "pay_window_ms", Limits.payTime),
    ("ItemChange", "pay_grace_ms", Limits.payTime), ("ItemChange", "pay_spread_ms", Limits.payTime),
])
func `the document of the API has the bounds of the engine`(
    schema: String, field: String, range: ClosedRange<Int64>
) throws {
    let document = try object(PackageResources.openapi_json)
    let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])
    let fields = try #require(schemas[schema]?["properties"] as? [String: [String: Any]])
    #expect(fields[field]?["minimum"] as? Int64 == range.lowerBound)
    #expect(fields[field]?["maximum"] as? Int64 == range.upperBound)
}
