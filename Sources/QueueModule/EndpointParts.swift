import Base
import Domain
import EventLoop
import HTTPServer
import Store

/// What the endpoints of one listener share; all of it belongs to one loop.
struct EndpointParts {
    let loop: EventLoop
    let store: Store
    let directory: ItemDirectory
    let codec: TicketCodec
    private(set) var responder: Responder
    let failures: StoreFailures
    let log: any QueueLog

    var now: MonotonicInstant { loop.now }

    /// Whether the store can be reached, and since when not.
    var storeState: TicketLocator.StoreState {
        store.isReady ? .ready : .away(since: directory.storeLostAt ?? now)
    }

    /// The same for another listener of the loop.
    func with(_ responder: Responder) -> EndpointParts {
        var parts = self
        parts.responder = responder
        return parts
    }

    func refuse(_ exchange: ExchangeID, _ problem: Problem) { responder.refuse(exchange, problem) }

    func refuse(_ exchange: ExchangeID, after failure: StoreFailure) { refuse(exchange, failures.problem(failure)) }

    /// Writes down what was changed: in the log, and in the store for who asks for it later.
    func audit(_ entry: AuditEntry) {
        log.audit(entry)
        store.record(audit: entry.json(at: loop.wallNow))
    }

    /// Refuses a call for one ticket: one whose item was deleted, or whose name has passed on, is unknown; one whose
    /// item is gone otherwise is lost.
    func refuseTicket(of item: ItemName, _ exchange: ExchangeID, after failure: StoreFailure) {
        problem(ofTicketOf: item, after: failure) { refuse(exchange, $0) }
    }

    /// The reason for which a ticket of an item is refused after a failure: see `refuseTicket`.
    func problem(ofTicketOf item: ItemName, after failure: StoreFailure, _ completion: @escaping (Problem) -> Void) {
        switch failure {
        case .unknownItem:
            store.wasDeleted(ItemKeys(item)) { result in
                switch result {
                case .success(let wasDeleted): completion(wasDeleted ? .unknownTicket : .lost)
                case .failure(let failure): completion(failures.problem(failure))
                }
            }
        case .otherIncarnation: completion(.unknownTicket)
        default: completion(failures.problem(failure))
        }
    }
}
