import Base
import Domain
import HTTPServer
import Store

// What operators set for all processes while they run.
extension AdminDesk {
    func showSettings(_ exchange: ExchangeID) {
        door.store.switches { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success(let switches): show(switches, exchange)
            }
        }
    }

    func putSettings(_ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let wanted: Switches?
        do throws(JSONError) {
            wanted = try request.withBody { (body) throws(JSONError) in try AdminBodies.switches(body) }
        } catch {
            return refuse(exchange, .invalidRequest(error.description))
        }
        guard let wanted else { return showSettings(exchange) }
        var before: Switches?
        door.store.switches { before = try? $0.get() }  // answered first: the calls stand in a row
        door.store.set(wanted) { [unowned self] result in
            let isCertain = !result.isOutcomeUnknown
            if result.isSuccess || !isCertain {
                door.log.audit(
                    AuditEntry(
                        action: "settings", item: "", who: caller.who, peer: caller.peer,
                        before: before.map(auditText), after: isCertain ? auditText(wanted) : nil,
                        isCertain: isCertain))
            }
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success:
                onSwitches?(wanted)
                show(wanted, exchange)
            }
        }
    }

    private func auditText(_ switches: Switches) -> String {
        "poll_budget_per_second=\(switches.pollsPerSecond(orElse: pollBudget).map { "\($0)" } ?? "none")"
    }

    private func show(_ switches: Switches, _ exchange: ExchangeID) {
        let bound = switches.pollsPerSecond(orElse: pollBudget)
        door.store.sink { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success(let sink):
                answer(exchange) { json in
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
