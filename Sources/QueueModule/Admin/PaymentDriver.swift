import Base
import Domain
import HTTPServer
import Store

// DESIGN
// Payments of one item go to the store as purchases do: those that one turn of the loop receives are one call, an item
// has one call under way, and what comes meanwhile fills the next batch. `AdmissionQueue` knows a payment by its place
// alone, as it knows a purchase. Two payments of one ticket may share a call: the script takes them in order.

/// Sends batches of payments to the store and responds to the shops that reported them.
final class PaymentDriver {
    /// What became of a payment, as the metrics count it.
    enum Answer: Int, CaseIterable {
        case sold, held, late, notReserved, lost, failed

        var label: String {
            switch self {
            case .sold: "sold"
            case .held: "held"
            case .late: "late"
            case .notReserved: "not_reserved"
            case .lost: "lost"
            case .failed: "store_failed"
            }
        }
    }

    private let parts: EndpointParts
    private var queue = AdmissionQueue(pendingLimit: Limits.pendingPayments)
    private var batches: [PaymentBatch?] = []  // by the number of the batch
    private var taken: UInt64 = 0
    /// Calls with payments.
    private(set) var calls: UInt64 = 0
    private var counts = [UInt64](repeating: 0, count: Answer.allCases.count)

    init(_ parts: EndpointParts) { self.parts = parts }

    func count(_ answer: Answer) -> UInt64 { counts[answer.rawValue] }

    /// Takes a payment of a ticket into a batch of its item; false where too many wait.
    func take(_ payment: Payment, of entry: ItemEntry, incarnation: UInt64, exchange: ExchangeID) -> Bool {
        taken += 1  // any tag will do that no other payment of the batch has
        guard let place = queue.join(entry.payments, userTag: taken, incarnation: incarnation) else { return false }
        while batches.count <= place.batch { batches.append(nil) }
        let batch = batches[place.batch] ?? PaymentBatch()
        batches[place.batch] = batch
        if place.index == 0 { batch.begin(of: entry, incarnation: incarnation) }
        batch.append(payment, exchange, at: place.index)
        return true
    }

    /// The turn of the loop ends: sends the batches that may be sent.
    func sendBatches() {
        queue.turnEnded()
        while let number = queue.nextDeparture() { send(number) }
    }

    private func send(_ number: Int) {
        guard let batch = batches[number], let entry = batch.entry else {
            preconditionFailure("an empty batch is sent")
        }
        calls += 1
        let item = ItemReference(entry.keys, incarnation: batch.incarnation)
        parts.store.pay(batch.payments, of: item) { [unowned self] result in
            queue.answered(number)
            switch result {
            case .success(let reply): settle(batch, reply.answers, of: entry)
            case .failure(let failure): fail(batch, failure, of: entry)
            }
            batch.end()
            if !queue.finished(number) { batches[number] = nil }
        }
    }

    private func fail(_ batch: PaymentBatch, _ failure: StoreFailure, of entry: ItemEntry) {
        parts.directory.doubt(entry, after: failure)
        counts[Answer.failed.rawValue] += UInt64(batch.exchanges.count)
        for exchange in batch.exchanges { parts.refuseTicket(of: entry.name, exchange, after: failure) }
    }

    private func settle(_ batch: PaymentBatch, _ answers: [Payment.Answer], of entry: ItemEntry) {
        parts.responder.together {
            for (index, answer) in answers.enumerated() {
                let payment = batch.payments[index]
                // The notification may come after this answer; a poll in between is to see it.
                if answer == .sold { entry.view.decided(payment.sequence, as: .sold, incarnation: batch.incarnation) }
                respond(to: batch.exchanges[index], answer, to: payment, of: entry, batch.incarnation)
            }
        }
    }

    private func respond(
        to exchange: ExchangeID, _ answer: Payment.Answer, to payment: Payment, of entry: ItemEntry,
        _ incarnation: UInt64
    ) {
        let isVoid = payment.outcome == .authorized
        switch answer {
        case .sold:
            counts[Answer.sold.rawValue] += 1
            parts.responder.respondJSON(to: exchange) { json in
                json.beginObject()
                if isVoid { json.field("decision", constant: "capture") }
                json.field("state", constant: "sold")
                json.endObject()
            }
        case .held:
            counts[Answer.held.rawValue] += 1
            respondHeld(to: exchange, payment.sequence, of: ItemReference(entry.keys, incarnation: incarnation))
        case .late: refuse(exchange, .latePayment(isVoid: isVoid), .late)
        case .notReserved: refuse(exchange, .notReserved(isVoid: isVoid), .notReserved)
        case .unknown: refuse(exchange, .lost, .lost)
        }
    }

    private func refuse(_ exchange: ExchangeID, _ problem: Problem, _ answer: Answer) {
        counts[answer.rawValue] += 1
        parts.refuse(exchange, problem)
    }

    /// A payment failed, and another one may follow until the deadline, which the store alone knows for sure.
    private func respondHeld(to exchange: ExchangeID, _ sequence: Int64, of item: ItemReference) {
        parts.store.details(of: sequence, in: item) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuseTicket(of: item.keys.name, exchange, after: failure)
            case .success(let details):
                parts.responder.respondJSON(to: exchange) { json in
                    json.beginObject()
                    json.field("state", constant: "reserved")
                    json.field("expires_at", details.payUntil)
                    json.endObject()
                }
            }
        }
    }
}

/// The payments of one batch and their exchanges, by the index that `AdmissionQueue` gives them.
private final class PaymentBatch {
    private(set) var entry: ItemEntry?
    private(set) var incarnation: UInt64 = 0
    private(set) var payments: [Payment] = []
    private(set) var exchanges: [ExchangeID] = []

    /// Begins an empty batch anew.
    func begin(of entry: ItemEntry, incarnation: UInt64) {
        precondition(self.entry == nil, "a batch is of one item at a time")
        (self.entry, self.incarnation) = (entry, incarnation)
        payments.removeAll(keepingCapacity: true)
        exchanges.removeAll(keepingCapacity: true)
    }

    /// Every payment has an answer.
    func end() {
        precondition(entry != nil, "a batch ends once")
        entry = nil
    }

    func append(_ payment: Payment, _ exchange: ExchangeID, at index: Int) {
        precondition(index == payments.count, "a batch and its payments have come apart")
        payments.append(payment)
        exchanges.append(exchange)
    }
}
