import Base
import Domain
import HTTPServer
import Store

/// Lets shops report what became of a buyer's payment, and what they paid back.
///
/// Both are safe to send again: a repeated report is known by its reference, with or without an `Idempotency-Key`.
final class AdminTickets {
    private let parts: EndpointParts
    private let reader: TicketReader
    private let payments: PaymentDriver

    init(_ parts: EndpointParts, payments: PaymentDriver) {
        (self.parts, self.payments) = (parts, payments)
        reader = TicketReader(parts)
    }

    func pay(_ request: borrowing Request, ticket range: Range<Int>, _ exchange: ExchangeID) {
        let report: PaymentReport
        do throws(JSONError) {
            try ItemAction.checkKey(of: request)
            report = try request.withBody { (body) throws(JSONError) in try PaymentReport(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        reader.withTicket(of: request, range, exchange) { found, text in
            reader.withItem(of: found, text, exchange) { [unowned self] entry in
                guard parts.store.isReady else { return parts.refuse(exchange, .storeUnavailable) }
                let ticket = found.ticket
                let payment = Payment(
                    sequence: ticket.sequence, outcome: report.outcome, reference: report.reference)
                if !payments.take(payment, of: entry, incarnation: ticket.incarnation, exchange: exchange) {
                    parts.refuse(exchange, .degraded)
                }
            }
        }
    }

    func refund(
        _ request: borrowing Request, ticket range: Range<Int>, _ exchange: ExchangeID, _ caller: Caller
    ) {
        let report: RefundReport
        do throws(JSONError) {
            try ItemAction.checkKey(of: request)
            report = try request.withBody { (body) throws(JSONError) in try RefundReport(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        reader.withTicket(of: request, range, exchange) { found, text in
            reader.withItem(of: found, text, exchange) { [unowned self] in
                refund(report, of: found.ticket, $0, exchange, caller)
            }
        }
    }

    private func refund(
        _ report: RefundReport, of ticket: Ticket, _ entry: ItemEntry, _ exchange: ExchangeID, _ caller: Caller
    ) {
        parts.store.refund(
            sequence: ticket.sequence, quantity: ticket.quantity, reference: report.reference,
            returnsUnit: report.returnsUnit, of: entry.reference
        ) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { parts.log.audit(.uncertain(caller, "refund", entry.name)) }
                parts.refuseTicket(of: entry.name, exchange, after: failure)
            case .success(.notSold): parts.refuse(exchange, .notSold)
            case .success(.unknown): parts.refuse(exchange, .lost)
            case .success(.done(let refund, let isReplay)):
                if !isReplay { parts.log.audit(AuditEntry(caller, refund, of: ticket, entry.name)) }
                parts.responder.respond(to: exchange) { response in
                    response.contentType("application/json")
                    response.field("Cache-Control: no-store")
                    if isReplay { response.field("Idempotency-Replayed: true") }
                    response.body.appendJSON { json in
                        json.beginObject()
                        json.field("state", constant: "sold")
                        json.key("refund")
                        refund.write(to: &json)
                        json.endObject()
                    }
                }
            }
        }
    }
}

extension AuditEntry {
    /// That a purchase was paid back.
    fileprivate init(_ caller: Caller, _ refund: Refund, of ticket: Ticket, _ name: ItemName) {
        let units = refund.isUnitReturned ? ticket.quantity : 0
        self.init(
            action: "refund", item: name.description, who: caller.who, peer: caller.peer, before: "",
            after: "sequence=\(ticket.sequence) reference=\(refund.reference) units_returned=\(units)")
    }
}
