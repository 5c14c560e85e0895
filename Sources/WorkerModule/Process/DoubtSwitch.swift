import Base
import Domain
import HTTPServer

/// Lets an operator have all purchases in doubt of an item called for again, over the ops listener.
struct DoubtSwitch {
    let driver: WorkerDriver

    /// Answers `POST /ops/v1/doubts {"item":"demo"}`; false for anything else.
    func handle(_ request: borrowing Request, _ exchange: ExchangeID, _ server: HTTPServer) -> Bool {
        let isDoubts = request.withPath { String(utf8: $0) } == "/ops/v1/doubts"
        guard isDoubts, request.method == .post else { return false }
        var name: ItemName?
        do throws(JSONError) {
            name = try request.withBody { (body) throws(JSONError) in try Self.read(body) }
        } catch {
            server.refuse(exchange, error.description)
            return true
        }
        guard let name else {
            server.refuse(exchange, "item is the name of an item")
            return true
        }
        guard driver.reviveAll(of: name) else {
            server.refuse(exchange, "nothing can be asked for now: the breaker is open, or the store away", status: 503)
            return true
        }
        server.respond(to: exchange) { response in
            response.status = 202
            response.contentType("application/json")
            response.body.append("{}")
        }
        return true
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
