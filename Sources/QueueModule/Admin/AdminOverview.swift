import Base
import Domain
import EventLoop
import HTTPServer
import Store

/// Shows operators all processes and what is wrong. While the store is away it shows what was known last, and marks it
/// as stale: an operator who looks for the cause needs an answer now.
final class AdminOverview {
    private static let forgetNodeAfter = TimeSpan.seconds(60)
    private let parts: EndpointParts
    private let watch: ClusterWatch

    init(_ parts: EndpointParts, watch: ClusterWatch) { (self.parts, self.watch) = (parts, watch) }

    func showNodes(_ exchange: ExchangeID) { watch.refresh { [unowned self] in writeNodes(exchange) } }

    func showTroubles(_ exchange: ExchangeID) { watch.refresh { [unowned self] in writeTroubles(exchange) } }

    /// Every process as it describes itself, and whether it did so lately.
    private func writeNodes(_ exchange: ExchangeID) {
        let isStale = watch.isStale
        let age = isStale ? watch.age ?? .zero : .zero
        if !isStale {
            for known in watch.nodes where known.silence > Self.forgetNodeAfter {
                parts.store.removeNode(known.node.id)
            }
        }
        parts.responder.respond(to: exchange) { response in
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
    private func writeTroubles(_ exchange: ExchangeID) {
        let troubles = watch.troubles
        parts.responder.respondJSON(to: exchange) { json in
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
}
