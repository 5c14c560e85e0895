import Base
import EventLoop
import HTTPServer
import Store

/// Has the leading scheduler forget what it measured of a worker or group, where operators know better.
final class AdminCapacity {
    private let parts: EndpointParts
    private let watch: ClusterWatch

    init(_ parts: EndpointParts, watch: ClusterWatch) { (self.parts, self.watch) = (parts, watch) }

    /// The leader forgets within a second. A name that no leader knows is refused, since a misspelt one would wait for
    /// ever.
    func reset(_ segment: String, _ exchange: ExchangeID, _ caller: Caller) {
        guard let name = LeadingScheduler.name(fromSegment: segment) else {
            return parts.refuse(
                exchange, .invalidRequest("a worker or group is named by printable letters without spaces"))
        }
        watch.refresh { [unowned self] in
            guard !watch.isStale else { return parts.refuse(exchange, .storeUnavailable) }
            let leaders = watch.nodes.filter(\.isAlive).compactMap { LeadingScheduler(json: $0.node.json) }
            guard !leaders.isEmpty else { return parts.refuse(exchange, .noLeader) }
            guard leaders.contains(where: { $0.knows(name) }) else { return parts.refuse(exchange, .unknownResource) }
            sendReset(of: name, exchange, caller)
        }
    }

    private func sendReset(of name: String, _ exchange: ExchangeID, _ caller: Caller) {
        func audit(isCertain: Bool) {
            parts.audit(
                AuditEntry(
                    action: "reset capacity", item: "", who: caller.who, peer: caller.peer, before: "resource=\(name)",
                    after: isCertain ? "resource=\(name) reset" : nil, isCertain: isCertain))
        }
        parts.store.requestReset(of: name, now: parts.loop.wallNow) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(isCertain: false) }
                parts.refuse(exchange, after: failure)
            case .success:
                audit(isCertain: true)
                parts.responder.respondJSON(to: exchange, status: 202) { json in
                    json.beginObject()
                    json.field("name", name)
                    json.field("reset", "asked")
                    json.endObject()
                }
            }
        }
    }
}
