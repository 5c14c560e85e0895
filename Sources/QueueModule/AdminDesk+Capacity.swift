import Base
import EventLoop
import HTTPServer
import Store

// What the scheduler learnt, and operators know better.
extension AdminDesk {
    /// The leader is asked to forget; it does so within a second. What no leader knows of is refused, since a name that
    /// is written wrong would wait for ever.
    func resetCapacity(_ segment: String, _ exchange: ExchangeID, _ caller: Caller) {
        guard let name = LeadingScheduler.name(fromSegment: segment) else {
            return refuse(exchange, .invalidRequest("a worker or group is named by printable letters without spaces"))
        }
        watch.look { [unowned self] in
            guard !watch.isStale else { return refuse(exchange, .storeUnavailable) }
            let leaders = watch.nodes.filter(\.isAlive).compactMap { LeadingScheduler(json: $0.node.json) }
            guard !leaders.isEmpty else { return refuse(exchange, .noLeader) }
            guard leaders.contains(where: { $0.knows(name) }) else { return refuse(exchange, .unknownResource) }
            ask(name, exchange, caller)
        }
    }

    private func ask(_ name: String, _ exchange: ExchangeID, _ caller: Caller) {
        func audit(isCertain: Bool) {
            door.log.audit(
                AuditEntry(
                    action: "reset capacity", item: "", who: caller.who, peer: caller.peer, before: "resource=\(name)",
                    after: isCertain ? "resource=\(name) reset" : nil, isCertain: isCertain))
        }
        door.store.askReset(of: name, now: door.loop.wallNow) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(isCertain: false) }
                refuse(exchange, door.storeProblem(failure))
            case .success:
                audit(isCertain: true)
                answer(exchange, status: 202) { json in
                    json.beginObject()
                    json.field("name", name)
                    json.field("reset", "asked")
                    json.endObject()
                }
            }
        }
    }
}
