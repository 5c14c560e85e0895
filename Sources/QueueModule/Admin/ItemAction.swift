import Base
import Domain
import HTTPServer
import Store

/// A change of an item by POST, and the key under which it is done once.
struct ItemAction {
    static let names = ["pause", "hold", "resume", "close", "restock", "thaw"]

    let alteration: Store.Alteration
    let key: [UInt8]?

    /// Whether sending it again does no harm.
    var isRepeatable: Bool { alteration.isRepeatable || key != nil }

    /// - Parameter name: one of `names`.
    init(named name: String, _ request: borrowing Request) throws(JSONError) {
        try Self.checkKey(of: request)
        key = request.withHeader(.idempotencyKey) { value in value.indices.map { value[$0] } }
        guard name != "restock" else {
            let units = try request.withBody { (body) throws(JSONError) in try AdminBodies.restock(body) }
            alteration = .restock(units: units)
            return
        }
        try request.withBody { (body) throws(JSONError) in try AdminBodies.nothing(body) }
        alteration =
            switch name {
            case "pause": .pause
            case "hold": .hold
            case "resume": .resume
            case "thaw": .thaw
            default: .close
            }
    }

    /// Refuses a request whose `Idempotency-Key` can be none.
    static func checkKey(of request: borrowing Request) throws(JSONError) {
        guard request.withHeader(.idempotencyKey, { PurchaseRequest.isValidKey($0) }) ?? true else {
            throw JSONError(.mustBe("1 to 255 printable ASCII characters without spaces"), field: "Idempotency-Key")
        }
    }
}

extension ItemCondition {
    /// From the header `If-Match`; tags that are none of ours stand for no item.
    init(_ request: borrowing Request) {
        let text = request.withHeader(.ifMatch) { String(utf8: $0) }
        self =
            switch text {
            case nil: .none
            case "*": .exists
            case let text?: .editions(Self.editions(text))
            }
    }

    private static func editions(_ text: String) -> [ItemEdition] {
        text.split(separator: ",").compactMap { tag in
            let tag = tag.drop { $0 == " " }
            let opaque = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag
            return ItemEdition(opaque.filter { $0 != "\"" && $0 != " " })
        }
    }
}
