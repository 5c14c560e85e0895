import Base
import Domain
import HTTPServer
import Store

/// Shows and changes what operators set for all processes while they run.
final class AdminSettings {
    private let parts: EndpointParts
    /// Polls a second, where no operator has set another bound.
    private let pollBudget: Int64?
    var onChange: ((Switches) -> Void)?

    init(_ parts: EndpointParts, pollBudget: Int64?) { (self.parts, self.pollBudget) = (parts, pollBudget) }

    func show(_ exchange: ExchangeID) {
        parts.store.switches { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let switches): show(switches, exchange)
            }
        }
    }

    func put(_ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let wanted: Switches?
        do throws(JSONError) {
            wanted = try request.withBody { (body) throws(JSONError) in try AdminBodies.switches(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        guard let wanted else { return show(exchange) }
        var before: Switches?
        parts.store.switches { before = try? $0.get() }  // answered first: replies come in the order of calls
        parts.store.set(wanted) { [unowned self] result in
            let isCertain = !result.isOutcomeUnknown
            if result.isSuccess || !isCertain {
                parts.audit(
                    AuditEntry(
                        action: "settings", item: "", who: caller.who, peer: caller.peer,
                        before: before.map(auditText), after: isCertain ? auditText(wanted) : nil,
                        isCertain: isCertain))
            }
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success:
                onChange?(wanted)
                show(wanted, exchange)
            }
        }
    }

    private func auditText(_ switches: Switches) -> String {
        "poll_budget_per_second=\(switches.pollsPerSecond(orElse: pollBudget).map { "\($0)" } ?? "none")"
    }

    private func show(_ switches: Switches, _ exchange: ExchangeID) {
        let bound = switches.pollsPerSecond(orElse: pollBudget)
        parts.store.sink { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let sink):
                parts.responder.respondJSON(to: exchange) { json in
                    json.beginObject()
                    json.field("poll_budget_per_second", bound)
                    json.field("sink", sink)
                    json.endObject()
                }
            }
        }
    }
}

extension Result where Failure == StoreFailure {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
    fileprivate var isOutcomeUnknown: Bool { if case .failure(.outcomeUnknown) = self { true } else { false } }
}
