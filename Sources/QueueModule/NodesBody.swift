import Base
import HTTPServer
import Store

/// Every process as it describes itself, and whether it was heard of lately.
struct NodesBody {
    let nodes: [Store.Node]
    let now: Int64  // milliseconds, wall clock
    private static let lostAfter: Int64 = 6_000  // milliseconds; a node describes itself every 2 s

    init(nodes: [Store.Node], now: Int64) {
        self.nodes = nodes
        self.now = now
    }

    func render(into response: inout Response) {
        response.contentType("application/json")
        response.field("Cache-Control: no-store")
        response.body.append("{\"nodes\":[")
        for (index, node) in nodes.enumerated() {
            let age = max(0, now - node.describedAt.milliseconds)
            if index > 0 { response.body.append(",") }
            response.body.append(age < Self.lostAfter ? "{\"health\":\"alive\"" : "{\"health\":\"lost\"")
            response.body.append(",\"last_heard_ms\":")
            response.body.append(decimal: age)
            response.body.append(",")
            response.body.append(utf8: String(node.json.dropFirst()))
        }
        response.body.append("]}")
    }
}
