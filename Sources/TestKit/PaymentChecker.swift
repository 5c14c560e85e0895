// DESIGN. Three parties keep books of the same payments: the shop has the answers to its reports, buyers have their
// tickets, the store has references, counters and a ledger. This compares them, and knows nothing else of the engine.

/// Judges what became of the payments of one item, of which every purchase is of one unit.
public struct PaymentChecker: Sendable {
    public enum Violation: Error, Hashable, CustomStringConvertible {
        case unanswered(reference: String)
        case captureWithoutSale(reference: String, state: String)
        case saleWithoutPayment(sequence: Int64)
        case boughtTwice(sequence: Int64)
        case otherPayment(sequence: Int64)
        case notDue(reference: String)
        case dueForNothing(reference: String)
        case passedOver(sequence: Int64)
        case unitsDiffer(String)

        public var description: String {
            switch self {
            case .unanswered(let reference): "payment \(reference) never got an answer"
            case .captureWithoutSale(let reference, let state): "\(reference) was captured, and its ticket is \(state)"
            case .saleWithoutPayment(let sequence): "sequence \(sequence) is sold, and no payment bought it"
            case .boughtTwice(let sequence): "two payments bought sequence \(sequence)"
            case .otherPayment(let sequence): "the store has another payment of sequence \(sequence) than the shop"
            case .notDue(let reference): "\(reference) was paid too late, and is not to be paid back"
            case .dueForNothing(let reference): "\(reference) is to be paid back, and was not paid too late"
            case .passedOver(let sequence): "sequence \(sequence) got nothing, and a later one was served"
            case .unitsDiffer(let how): how
            }
        }
    }

    /// One payment that the shop reported, by its own reference.
    public struct Report: Sendable {
        public var ticket: String
        public var outcome: String
        public var reference: String

        public init(ticket: String, outcome: String, reference: String) {
            (self.ticket, self.outcome, self.reference) = (ticket, outcome, reference)
        }
    }

    private struct Answered: Sendable {
        var report: Report
        var isBought: Bool
        var isLate: Bool
    }

    private var answers: [Answered] = []
    private var unanswered: [String] = []

    public init() {}

    /// An answer that the shop got; nil: none, however often it asked.
    public mutating func record(_ reply: HTTPReply?, to report: Report) {
        guard let reply, [200, 409].contains(reply.status) else { return unanswered.append(report.reference) }
        answers.append(
            Answered(report: report, isBought: reply.status == 200, isLate: reply.code == "late-payment"))
    }

    public var bought: Int { answers.count { $0.isBought } }
    public var late: Int { answers.count { $0.isLate } }

    /// Everything that does not agree, for a sale that is over.
    public func violations(tickets: some Collection<TicketBody>, item: ItemBody, store: StoreBooks) -> [Violation] {
        let bodies = Dictionary(tickets.map { ($0.ticket, $0) }) { $1 }
        var found = unanswered.map { Violation.unanswered(reference: $0) }
        var payments: [Int64: String] = [:]
        for answer in answers where answer.isBought {
            guard let body = bodies[answer.report.ticket], body.state == "sold" else {
                let state = bodies[answer.report.ticket]?.state ?? "unknown"
                found.append(.captureWithoutSale(reference: answer.report.reference, state: state))
                continue
            }
            let known = payments.updateValue(answer.report.reference, forKey: body.sequence)
            if known != nil, known != answer.report.reference { found.append(.boughtTwice(sequence: body.sequence)) }
        }
        for body in bodies.values where body.state == "sold" && payments[body.sequence] == nil {
            found.append(.saleWithoutPayment(sequence: body.sequence))
        }
        for sequence in Set(payments.keys).union(store.payments.keys).sorted()
        where payments[sequence] != store.payments[sequence] {
            found.append(.otherPayment(sequence: sequence))
        }
        return found + dueViolations(store) + lineViolations(bodies) + unitViolations(bodies, item, store)
    }

    /// What was paid too late is to be paid back, and nothing that was only set aside.
    private func dueViolations(_ store: StoreBooks) -> [Violation] {
        let refused = answers.filter { !$0.isBought && $0.report.outcome == "paid" }
        let mayBeDue = Set(refused.map(\.report.reference))
        return refused.filter { $0.isLate && !store.due.contains($0.report.reference) }
            .map { .notDue(reference: $0.report.reference) }
            + store.due.subtracting(mayBeDue).sorted().map { .dueForNothing(reference: $0) }
    }

    private func lineViolations(_ bodies: [String: TicketBody]) -> [Violation] {
        let last = bodies.values.filter { $0.state != "sold_out" }.map(\.sequence).max() ?? 0
        let passed = bodies.values.filter { $0.state == "sold_out" && $0.sequence < last }.map(\.sequence)
        return passed.sorted().map { .passedOver(sequence: $0) }
    }

    private func unitViolations(_ bodies: [String: TicketBody], _ item: ItemBody, _ store: StoreBooks) -> [Violation] {
        let sold = Int64(bodies.values.count { $0.state == "sold" })
        var found: [Violation] = []
        if item.sold != sold || item.held != 0 || !item.addsUp {
            found.append(.unitsDiffer("\(sold) tickets are sold, and the item says \(item)"))
        }
        if [store.free, store.held, store.sold] != [item.stockLeft, item.held, item.sold] {
            found.append(.unitsDiffer("the ledger comes to \(store), the item says \(item)"))
        }
        if store.isDoubled { found.append(.unitsDiffer("a movement stands in the ledger twice")) }
        if !store.isInOrder { found.append(.unitsDiffer("the ledger has a later sequence served first")) }
        return found
    }
}
