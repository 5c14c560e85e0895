import Base
import Domain
import HTTPServer

/// Lets an operator have all purchases in doubt of an item called for again: `POST /ops/v1/doubts {"item":"demo"}`.
struct DoubtSwitch {
    static let path = "/ops/v1/doubts"
    /// Starts the calls for an item; false while the worker makes none.
    let reviveAll: (ItemName) -> Bool

    /// Nil for another method.
    func answer(_ method: Method, _ body: Span<UInt8>) -> SwitchAnswer? {
        guard method == .post else { return nil }
        do throws(JSONError) {
            guard let item = try Self.read(body) else { return .refused("item is the name of an item") }
            guard reviveAll(item) else {
                return .refused("nothing can be asked for now: the breaker is open, or the store away", status: 503)
            }
            return SwitchAnswer(status: 202)
        } catch {
            return .refused(error.description)
        }
    }

    /// Nil where it names no item.
    static func read(_ body: Span<UInt8>) throws(JSONError) -> ItemName? {
        try JSONReader.read(body) { (json) throws(JSONError) in
            var name: ItemName?
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try json.matches(key, "item", once: 0, in: &seen) {
                    name = ItemName(json.copy(try json.string()))
                } else {
                    try json.skip()
                }
            }
            return name
        }
    }
}
