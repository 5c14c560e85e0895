import Base
import Domain
import EventLoop
import HTTPServer
import Store

// What operators see of the whole. While the store is away it is what was known last, and says so: whoever looks for
// the cause must not be told to ask again later.
extension AdminDesk {
    private static let forgetNodeAfter = TimeSpan.seconds(60)

    /// Every process as it describes itself, and whether it was heard of lately.
    func showNodes(_ exchange: ExchangeID) {
        let isStale = watch.isStale
        let age = isStale ? watch.age ?? .zero : .zero
        if !isStale {
            for known in watch.nodes where known.silence > Self.forgetNodeAfter { door.store.removeNode(known.node.id) }
        }
        respond(to: exchange) { response in
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.body.append("{\"nodes\":[")
            for (index, known) in watch.nodes.enumerated() {
                if index > 0 { response.body.append(",") }
                response.body.append(known.isAlive ? "{\"health\":\"alive\"" : "{\"health\":\"lost\"")
                response.body.append(",\"last_heard_ms\":")
                response.body.append(decimal: (known.silence + age).wholeMilliseconds)
                response.body.append(",")
                response.body.append(utf8: String(known.node.json.dropFirst()))
            }
            response.body.append("],\"leader\":")
            response.body.appendJSON { json in
                if let leader = watch.leader, !leader.isEmpty, !isStale { json.string(leader) } else { json.null() }
            }
            if isStale {
                response.body.append(",\"stale\":true,\"age_ms\":")
                response.body.append(decimal: age.wholeMilliseconds)
            }
            response.body.append("}")
        }
    }

    /// What is wrong, worst first.
    func showHealth(_ exchange: ExchangeID) {
        let troubles = watch.troubles
        answer(exchange) { json in
            json.beginObject()
            json.field("ok", !troubles.contains { $0.severity == .problem })
            json.key("troubles")
            json.beginArray()
            for trouble in troubles {
                json.beginObject()
                json.field("code", trouble.code.rawValue)
                json.field("severity", trouble.severity.rawValue)
                json.field("text", trouble.text)
                json.field("remedy", trouble.remedy)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
    }

    /// One page of the items that this process remembers.
    func listRemembered(after cursor: String, _ exchange: ExchangeID) {
        let entries = door.directory.entries.map { (name: $0.name.description, entry: $0) }
            .filter { $0.name > cursor }.sorted { $0.name < $1.name }
        let page = entries.prefix(Self.pageSize)
        let age = door.loop.now - (door.directory.storeLostAt ?? door.loop.now)
        answer(exchange) { json in
            json.beginObject()
            json.key("items")
            json.beginArray()
            for (_, entry) in page { body(entry.name, entry.view.snapshot).write(to: &json, withCounters: true) }
            json.endArray()
            json.field("next_cursor", entries.count > page.count ? page.last?.name : nil)
            json.field("stale", true)
            json.field("age_ms", age.wholeMilliseconds)
            json.endObject()
        }
    }
}
