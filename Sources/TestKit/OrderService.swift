public import Base
import EventLoop
import Foundation

/// An order service as the webhook contract wants it, except for what a test lets it do wrong. It keeps its own books.
///
/// Idempotent by `webhook-id`: the same id gives the same answer, an order or a refusal. Ends with its last reference.
public final class OrderService: Sendable {
    /// What it does with one call. Those "after" have placed the order, or refused it, and don't say so.
    public enum Fault: Sendable, CaseIterable {
        case errorBefore, errorAfter, silenceBefore, silenceAfter, resetBefore, resetAfter, wrongBodyAfter, busy, slow
        /// The call is carried out twice, as if the network had doubled it.
        case doubled
    }

    public struct Call: Sendable, Equatable {
        public var item: String
        public var user: String
        public var sequence: Int64
        public var quantity: Int
    }

    fileprivate struct Books {
        var random: SplitMix64
        var calls = 0
        var callsOf: [String: Int] = [:]
        var answers: [String: String] = [:]  // body by id
        var purchases: [String: Call] = [:]
        var orders: [String: String] = [:]  // reference by id
        var refused: Set<String> = []
        var complaints: [String] = []
        var fault: @Sendable (Int, inout SplitMix64) -> Fault?
        var refuses: @Sendable (String) -> Bool
        var meets: @Sendable (Call) -> Fault? = { _ in nil }
    }

    private let books: Locked<Books>
    private let server: MisbehavingServer

    /// - Parameters:
    ///   - fault: what goes wrong with the call of this number, from 1; nil for nothing.
    ///   - refuses: whether it refuses this user's order.
    public init(
        seed: UInt64 = 1,
        fault: @escaping @Sendable (_ call: Int, _ random: inout SplitMix64) -> Fault? = { _, _ in nil },
        refuses: @escaping @Sendable (_ user: String) -> Bool = { _ in false }
    ) throws {
        let books = Locked(Books(random: SplitMix64(seed: seed), fault: fault, refuses: refuses))
        self.books = books
        server = try MisbehavingServer { call in books.withLock { $0.answer(call) } }
    }

    public var url: String { server.url + "/orders" }

    /// From now on.
    public func change(fault: @escaping @Sendable (_ call: Int, _ random: inout SplitMix64) -> Fault?) {
        books.withLock { $0.fault = fault }
    }

    /// From now on `meets` sees each call first, before anything is booked; what it returns goes before `fault`.
    ///
    /// It runs on the service's thread: no call is answered before it returns.
    public func watch(_ meets: @escaping @Sendable (Call) -> Fault?) {
        books.withLock { $0.meets = meets }
    }

    public var calls: Int { books.withLock { $0.calls } }
    /// Calls by id.
    public var callsOf: [String: Int] { books.withLock { $0.callsOf } }
    /// References of placed orders, by id.
    public var orders: [String: String] { books.withLock { $0.orders } }
    public var purchases: [String: Call] { books.withLock { $0.purchases } }
    public var refused: Set<String> { books.withLock { $0.refused } }
    /// What the caller did wrong, at most 20.
    public var complaints: [String] { books.withLock { $0.complaints } }
}

extension OrderService.Books {
    private struct Body: Decodable {
        var type: String
        var ticket: String
        var item: String
        var user: String
        var quantity: Int
        var sequence: Int64
        var attempt: Int
        var admitted_at: String
    }

    mutating func answer(_ call: MisbehavingServer.Call) -> MisbehavingServer.Answer {
        calls += 1
        guard let id = call.fields["webhook-id"], call.fields["webhook-signature"]?.hasPrefix("v1,") == true,
            let body = try? JSONDecoder().decode(Body.self, from: Data(call.body.utf8))
        else {
            complain("unreadable: \(call)")
            return .reply(status: 400)
        }
        callsOf[id, default: 0] += 1
        if body.ticket != id { complain("the id is not the ticket: \(call)") }
        let purchase = OrderService.Call(
            item: body.item, user: body.user, sequence: body.sequence, quantity: body.quantity)
        if purchases[id, default: purchase] != purchase { complain("another purchase under the same id: \(call)") }
        purchases[id] = purchase
        switch meets(purchase) ?? fault(calls, &random) {
        case nil: return .reply(status: 200, body: place(id, body.user))
        case .slow: return .after(.milliseconds(30), .reply(status: 200, body: place(id, body.user)))
        case .doubled:
            _ = place(id, body.user)
            return .reply(status: 200, body: place(id, body.user))
        case .errorBefore: return .reply(status: 500)
        case .silenceBefore: return .silence
        case .resetBefore: return .reset
        case .busy: return .reply(status: random.below(2) == 0 ? 503 : 429)
        case .errorAfter:
            _ = place(id, body.user)
            return .reply(status: 500)
        case .silenceAfter:
            _ = place(id, body.user)
            return .silence
        case .resetAfter:
            _ = place(id, body.user)
            return .reset
        case .wrongBodyAfter:
            _ = place(id, body.user)
            return .reply(status: 200, body: #"{"result":"fine"}"#)
        }
    }

    /// The answer that stays with the id.
    private mutating func place(_ id: String, _ user: String) -> String {
        if let known = answers[id] { return known }
        let answer: String
        if refuses(user) {
            refused.insert(id)
            answer = #"{"status":"refused","reason":"not for you"}"#
        } else {
            orders[id] = "order-\(orders.count + 1)"
            answer = #"{"status":"confirmed","order":"order-\#(orders.count)"}"#
        }
        answers[id] = answer
        return answer
    }

    private mutating func complain(_ what: String) { if complaints.count < 20 { complaints.append(what) } }
}
