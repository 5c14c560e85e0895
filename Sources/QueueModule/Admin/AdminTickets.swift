import Base
import Domain
import HTTPServer
import Store

/// Lets shops report what became of a buyer's payment, and what they paid back; and operators, what became of an order
/// in doubt.
///
/// All are safe to send again, with or without an `Idempotency-Key`: a report is known by its reference, and the first
/// decision on a doubt stays.
final class AdminTickets {
    private let parts: EndpointParts
    private let reader: TicketReader
    private let payments: PaymentDriver

    init(_ parts: EndpointParts, payments: PaymentDriver) {
        (self.parts, self.payments) = (parts, payments)
        reader = TicketReader(parts)
    }

    func pay(_ request: borrowing Request, ticket range: Range<Int>, _ exchange: ExchangeID, _ access: Access) {
        withReport(request, ticket: range, exchange, access, PaymentReport.init) {
            [unowned self] report, ticket, entry in
            guard parts.store.isReady else { return parts.refuse(exchange, .storeUnavailable) }
            let payment = Payment(sequence: ticket.sequence, outcome: report.outcome, reference: report.reference)
            if !payments.take(payment, of: entry, incarnation: ticket.incarnation, exchange: exchange) {
                parts.refuse(exchange, .degraded)
            }
        }
    }

    func refund(
        _ request: borrowing Request, ticket range: Range<Int>, _ exchange: ExchangeID, _ caller: Caller
    ) {
        withReport(request, ticket: range, exchange, caller.access, RefundReport.init) {
            [unowned self] report, ticket, entry in
            refund(report, of: ticket, entry, exchange, caller)
        }
    }

    /// Passes on what the body says, the ticket and its item, or refuses the request.
    private func withReport<Report>(
        _ request: borrowing Request, ticket range: Range<Int>, _ exchange: ExchangeID, _ access: Access,
        _ read: (Span<UInt8>) throws(JSONError) -> Report,
        _ body: @escaping (Report, Ticket, ItemEntry) -> Void
    ) {
        let report: Report
        do throws(JSONError) {
            try ItemAction.checkKey(of: request)
            report = try request.withBody { (body) throws(JSONError) in try read(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        reader.withTicket(of: request, range, exchange) { [reader, parts] found, text in
            reader.withItem(of: found, text, exchange) { entry in
                guard access.covers(entry.name) else {
                    return parts.refuse(exchange, .forbiddenRole(OperatorNeed(.operator, .item(entry.name))))
                }
                body(report, found.ticket, entry)
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
                if failure == .outcomeUnknown { parts.audit(.uncertain(caller, "refund", entry.name)) }
                parts.refuseTicket(of: entry.name, exchange, after: failure)
            case .success(.notSold): parts.refuse(exchange, .notSold)
            case .success(.unknown): parts.refuse(exchange, .lost)
            case .success(.done(let refund, let isReplay)):
                if !isReplay { parts.audit(AuditEntry(caller, refund, of: ticket, entry.name)) }
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

    // MARK: Doubts

    /// A worker may call for the order at the same moment: the store takes one of the two, and the other finds it gone.
    func settle(_ request: borrowing Request, ticket range: Range<Int>, _ exchange: ExchangeID, _ caller: Caller) {
        withReport(request, ticket: range, exchange, caller.access, DoubtReport.init) {
            [unowned self] report, ticket, entry in
            settle(report, of: ticket, entry, exchange, caller)
        }
    }

    private func settle(
        _ report: DoubtReport, of ticket: Ticket, _ entry: ItemEntry, _ exchange: ExchangeID, _ caller: Caller
    ) {
        let item = ItemReference(entry.keys, incarnation: ticket.incarnation)
        parts.store.resolve(
            sequence: ticket.sequence, isConfirmed: report.isConfirmed,
            note: report.isConfirmed ? report.order : report.reason, of: item
        ) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { parts.audit(.uncertain(caller, "settle", entry.name)) }
                parts.refuseTicket(of: entry.name, exchange, after: failure)
            case .success(let reply):
                guard reply.resolution != .unknown,
                    let body = TicketBody(reply.place(of: ticket.sequence), ticket: ticket)
                else { return parts.refuse(exchange, .lost) }
                let isDone = reply.resolution == .done
                guard isDone || reply.resolution == .before else {
                    return parts.refuse(exchange, .notInDoubt(state: "\(body.state.name)"))
                }
                if isDone { parts.audit(AuditEntry(caller, report, of: ticket, entry.name)) }
                respond(body.state, of: ticket, entry, item, isReplay: !isDone, exchange)
            }
        }
    }

    /// Shows what the first decision wrote down, which a later one does not change.
    private func respond(
        _ state: TicketBody.State, of ticket: Ticket, _ entry: ItemEntry, _ item: ItemReference, isReplay: Bool,
        _ exchange: ExchangeID
    ) {
        parts.store.details(of: ticket.sequence, in: item) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuseTicket(of: entry.name, exchange, after: failure)
            case .success(let details):
                parts.responder.respond(to: exchange) { response in
                    response.contentType("application/json")
                    response.field("Cache-Control: no-store")
                    if isReplay { response.field("Idempotency-Replayed: true") }
                    response.body.appendJSON { json in
                        json.beginObject()
                        json.field("state", constant: state.name)
                        json.field("order", details.order.isEmpty ? nil : String(utf8: details.order.span))
                        json.field("reason", details.reason.isEmpty ? nil : String(utf8: details.reason.span))
                        json.field("expires_at", details.payUntil)
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

extension AuditEntry {
    /// That an operator ended a purchase in doubt.
    fileprivate init(_ caller: Caller, _ report: DoubtReport, of ticket: Ticket, _ name: ItemName) {
        let outcome = report.isConfirmed ? "confirmed" : "refused"
        let notes = [("order", report.order), ("reason", report.reason)].filter { !$0.1.isEmpty }
        self.init(
            action: "settle", item: name.description, who: caller.who, peer: caller.peer, before: "state=in_doubt",
            after: "sequence=\(ticket.sequence) outcome=\(outcome)" + notes.map { " \($0.0)=\($0.1)" }.joined())
    }
}

extension Store.ResolveReply {
    /// Without a result a purchase waits, or the end of its item ended it.
    fileprivate func place(of sequence: Int64) -> ItemView.Place {
        if result != .undecided { return .decided(result) }
        return sequence <= endedAt ? .soldOut : .queued(position: 1)
    }
}
