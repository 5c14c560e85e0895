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

    func putSettings(_ request: borrowing Request, _ exchange: ExchangeID) {
        let wanted: Switches?
        do throws(JSONError) {
            wanted = try request.withBody { (body) throws(JSONError) in try AdminBodies.switches(body) }
        } catch {
            return refuse(exchange, .invalidRequest(error.description))
        }
        guard let wanted else { return showSettings(exchange) }
        door.store.set(wanted) { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success:
                door.log.audit(action: "settings", item: "")
                onSwitches?(wanted)
                show(wanted, exchange)
            }
        }
    }

    private func show(_ switches: Switches, _ exchange: ExchangeID) {
        let bound = switches.pollsPerSecond(orElse: pollBudget)
        answer(exchange) { json in
            json.beginObject()
            json.field("poll_budget_per_second", bound)
            json.endObject()
        }
    }
}
