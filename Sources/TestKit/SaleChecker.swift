// DESIGN. The checker knows the promises and nothing of the engine: it is fed with what buyers saw, over HTTP, and with
// the item's own figures. It shares no code with the engine, so that the engine is never checked with itself.

/// Judges the history of one sale by the promises of the engine.
///
/// Feed it with every answer in the order in which it came; then ask for the violations. O(n log n).
public struct SaleChecker: Sendable {
    /// What is promised, and who broke it.
    public enum Violation: Error, Hashable, CustomStringConvertible {
        case twoTickets(user: String, key: String)
        case acceptedTwice(user: String, key: String)
        case sharedTicket(String)
        case sharedSequence(Int64)
        case movedSequence(ticket: String)
        case changedFinal(ticket: String, from: String, to: String)
        case notFinal(ticket: String)
        case turnedAway(user: String, key: String, code: String)
        case overtaken(sequence: Int64)
        case wrongWinner(sequence: Int64)
        case oversold(units: Int64, stock: Int64)
        case miscounted(units: Int64, counted: Int64)
        case overLimit(user: String)

        public var description: String {
            switch self {
            case .twoTickets(let user, let key): "\(user) holds two tickets for key '\(key)'"
            case .acceptedTwice(let user, let key): "\(user) was accepted (202) twice for key '\(key)'"
            case .sharedTicket(let ticket): "ticket \(ticket) was given to two purchases"
            case .sharedSequence(let sequence): "sequence \(sequence) was given to two tickets"
            case .movedSequence(let ticket): "ticket \(ticket) changed its sequence"
            case .changedFinal(let ticket, let from, let to): "ticket \(ticket) was \(from), then \(to)"
            case .notFinal(let ticket): "ticket \(ticket) has no final state"
            case .turnedAway(let user, let key, let code):
                "\(user) holds a ticket for '\(key)' and was answered \(code)"
            case .overtaken(let sequence): "sequence \(sequence) lost units that were there for it"
            case .wrongWinner(let sequence): "sequence \(sequence) won units that were gone"
            case .oversold(let units, let stock): "\(units) units sold of \(stock)"
            case .miscounted(let units, let counted): "\(units) units sold by tickets, \(counted) by the item"
            case .overLimit(let user): "\(user) won more purchases than the limit"
            }
        }
    }

    private struct Purchase: Hashable, Sendable {
        var user: String
        var key: String
    }

    private struct Ticket: Sendable {
        var purchase: Purchase
        var quantity: Int64
        var sequence: Int64
        var state: String
        var isFinal: Bool
        var firstSeen: Int64  // when the first answer with it came, in nanoseconds
        var finalSeen = Int64.max  // when the first final answer came
    }

    private var tickets: [String: Ticket] = [:]
    private var ticketOf: [Purchase: String] = [:]
    private var accepted: Set<Purchase> = []
    private var refusals: [(purchase: Purchase, code: String, sentAt: Int64)] = []
    private var seen: [Violation] = []  // what the order of the answers alone shows

    public init() {}

    /// How many tickets were given out.
    public var ticketCount: Int { tickets.count }
    public var allTickets: [String] { tickets.sorted { $0.value.sequence < $1.value.sequence }.map(\.key) }
    public var soldUnits: Int64 { tickets.values.reduce(0) { $0 + ($1.state == "sold" ? $1.quantity : 0) } }
    public func count(of state: String) -> Int { tickets.values.count { $0.state == state } }

    /// An answer to a purchase that carries a ticket: 202 or 200.
    public mutating func accepted(
        user: String, key: String, quantity: Int64, status: Int, ticket: String, sequence: Int64, state: String,
        isFinal: Bool, sentAt: Int64 = .max, at answered: Int64 = 0
    ) {
        let purchase = Purchase(user: user, key: key)
        if let other = ticketOf[purchase], other != ticket { seen.append(.twoTickets(user: user, key: key)) }
        if status == 202, !accepted.insert(purchase).inserted { seen.append(.acceptedTwice(user: user, key: key)) }
        if let holder = tickets[ticket], holder.purchase != purchase { seen.append(.sharedTicket(ticket)) }
        ticketOf[purchase] = ticketOf[purchase] ?? ticket
        if tickets[ticket] == nil {
            tickets[ticket] = Ticket(
                purchase: purchase, quantity: quantity, sequence: sequence, state: state, isFinal: isFinal,
                firstSeen: answered, finalSeen: isFinal ? answered : .max)
        } else {
            saw(ticket: ticket, sequence: sequence, state: state, isFinal: isFinal, sentAt: sentAt, at: answered)
            // A 200 may overtake the 202 that it is a replay of: what counts is the first one to arrive.
            tickets[ticket]!.firstSeen = min(tickets[ticket]!.firstSeen, answered)
        }
    }

    /// A refusal of a purchase. Those about the process or the store, not about the item, may be left out.
    public mutating func refused(user: String, key: String, code: String, sentAt: Int64 = 0) {
        refusals.append((Purchase(user: user, key: key), code, sentAt))
    }

    /// An answer to a poll; without times it counts as asked after all before it were answered.
    public mutating func saw(
        ticket: String, sequence: Int64, state: String, isFinal: Bool, sentAt: Int64 = .max, at answered: Int64 = 0
    ) {
        guard var known = tickets[ticket] else { return }
        if known.sequence != sequence { seen.append(.movedSequence(ticket: ticket)) }
        if known.isFinal {
            // Two answers under way at once may arrive in the other order: only one that was asked for later goes back.
            if known.state != state, isFinal || sentAt > known.finalSeen {
                seen.append(.changedFinal(ticket: ticket, from: known.state, to: state))
            }
        } else {
            known.state = state
            known.isFinal = isFinal
        }
        if isFinal { known.finalSeen = min(known.finalSeen, answered) }
        tickets[ticket] = known
    }

    /// Everything that was promised and not kept, for a sale that is over.
    ///
    /// - Parameters:
    ///   - stock: units on sale from the start; a restock in the middle can't be judged here.
    ///   - counted: the item's own `sold`.
    ///   - limit: purchases that one user may win.
    public func violations(stock: Int64, counted: Int64, limit: Int = .max) -> [Violation] {
        var found = seen
        let order = tickets.sorted { ($0.value.sequence, $0.key) < ($1.value.sequence, $1.key) }
        for (left, right) in zip(order, order.dropFirst()) where left.value.sequence == right.value.sequence {
            found.append(.sharedSequence(left.value.sequence))
        }
        for (name, ticket) in order where !ticket.isFinal { found.append(.notFinal(ticket: name)) }
        found += orderViolations(order.map(\.value), stock: stock)
        if soldUnits > stock { found.append(.oversold(units: soldUnits, stock: stock)) }
        if soldUnits != counted { found.append(.miscounted(units: soldUnits, counted: counted)) }
        var wins: [String: Int] = [:]
        for (_, ticket) in order where ticket.state == "sold" { wins[ticket.purchase.user, default: 0] += 1 }
        for (user, count) in wins.sorted(by: { $0.key < $1.key }) where count > limit {
            found.append(.overLimit(user: user))
        }
        for refusal in refusals {
            guard let name = ticketOf[refusal.purchase], let ticket = tickets[name] else { continue }
            // Only a refusal of what was sent after the ticket had arrived contradicts it.
            guard refusal.sentAt > ticket.firstSeen else { continue }
            found.append(
                .turnedAway(user: refusal.purchase.user, key: refusal.purchase.key, code: refusal.code))
        }
        return found
    }

    /// The first violations in words, for the message of a failed test; nil when every promise was kept.
    public func complaint(stock: Int, counted: Int64, limit: Int = .max) -> String? {
        let found = violations(stock: Int64(stock), counted: counted, limit: limit)
        guard !found.isEmpty else { return nil }
        return "\(found.count) violations, SEED=\(Knobs.seed): \(found.prefix(5))"
    }

    /// The stock goes in order of sequence: who fits into what is left wins, who doesn't loses.
    private func orderViolations(_ order: [Ticket], stock: Int64) -> [Violation] {
        // A unit that came back (a refusal, an expiry, a leave) may rightly go to a later one.
        let nothingCameBack = order.allSatisfy { ["sold", "sold_out"].contains($0.state) || !$0.isFinal }
        guard nothingCameBack else { return [] }
        var found: [Violation] = []
        var left = stock
        for ticket in order where ticket.isFinal {
            let fits = ticket.quantity <= left
            switch (ticket.state, fits) {
            case ("sold", true): left -= ticket.quantity
            case ("sold", false):
                found.append(.wrongWinner(sequence: ticket.sequence))
                left = max(0, left - ticket.quantity)
            case (_, true): found.append(.overtaken(sequence: ticket.sequence))
            default: break
            }
        }
        return found
    }
}
