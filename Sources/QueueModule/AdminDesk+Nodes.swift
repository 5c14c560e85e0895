import Base
import EventLoop
import HTTPServer
import Store

// The list of processes.
extension AdminDesk {
    static let lostNodeAfter: Int64 = 6_000  // milliseconds; a node describes itself every 2 s
    private static let forgetNodeAfter: Int64 = 60_000  // milliseconds

    /// Every process as it describes itself, and whether it was heard of lately.
    func nodes(_ exchange: ExchangeID) {
        door.store.nodes { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success(let nodes): show(nodes.sorted { $0.id < $1.id }, exchange)
            }
        }
    }

    private func show(_ nodes: [Store.Node], _ exchange: ExchangeID) {
        let now = door.loop.wallNow.milliseconds
        for node in nodes where now - node.describedAt.milliseconds > Self.forgetNodeAfter {
            door.store.removeNode(node.id)
        }
        server.respond(to: exchange) { response in
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.body.append("{\"nodes\":[")
            for (index, node) in nodes.enumerated() {
                let age = max(0, now - node.describedAt.milliseconds)
                if index > 0 { response.body.append(",") }
                response.body.append(age < Self.lostNodeAfter ? "{\"health\":\"alive\"" : "{\"health\":\"lost\"")
                response.body.append(",\"last_heard_ms\":")
                response.body.append(decimal: age)
                response.body.append(",")
                response.body.append(utf8: String(node.json.dropFirst()))
            }
            response.body.append("]}")
        }
    }
}
