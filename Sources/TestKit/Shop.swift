public import Base

/// The calls of the contract on one queue process, for tests that want the parsed answer.
public final class Shop {
    public let client: HTTPClient
    public let admin: HTTPClient
    private let token: String

    public init(http: Endpoint, admin: Endpoint, token: String) {
        client = HTTPClient(http)
        self.admin = HTTPClient(admin)
        self.token = token
    }

    public var http: Endpoint { client.endpoint }

    public struct Unexpected: Error, CustomStringConvertible {
        public let description: String
    }

    private func expect(_ reply: HTTPReply, _ statuses: Int..., call: String) throws -> HTTPReply {
        guard statuses.contains(reply.status) else { throw Unexpected(description: "\(call) answered \(reply)") }
        return reply
    }

    // MARK: - Buyers

    @discardableResult
    public func purchase(_ item: String, user: String, quantity: Int = 1, key: String? = nil) throws -> HTTPReply {
        try client.send(.purchase(item: item, user: user, quantity: quantity, key: key))
    }

    /// Buys and expects a ticket, new or old.
    @discardableResult
    public func buy(_ item: String, user: String, quantity: Int = 1, key: String? = nil) throws -> TicketBody {
        try expect(purchase(item, user: user, quantity: quantity, key: key), 202, 200, call: "purchase").json()
    }

    public func poll(_ ticket: String) throws -> TicketBody {
        try expect(client.send(.poll(ticket)), 200, call: "poll").json()
    }

    @discardableResult
    public func cancel(_ ticket: String) throws -> HTTPReply {
        try client.send(HTTPRequest("DELETE", "/v1/tickets/\(ticket)"))
    }

    public func item(_ item: String) throws -> ItemBody {
        try expect(client.get("/v1/items/\(item)"), 200, call: "item").json()
    }

    /// The item as soon as it fulfils `condition`, else as it is after 100 ms: so old an answer may be.
    public func item(_ item: String, once condition: (ItemBody) -> Bool) throws -> ItemBody {
        var last = try self.item(item)
        _ = try eventually(within: .milliseconds(100 * Knobs.slack)) {
            if !condition(last) { last = try self.item(item) }
            return condition(last)
        }
        return last
    }

    /// Polls every `interval` until the ticket is final, and fails loudly when it isn't in time.
    public func untilFinal(
        _ ticket: String, within span: TimeSpan, every interval: TimeSpan = .milliseconds(2)
    ) throws -> TicketBody {
        var last = try poll(ticket)
        guard
            try eventually(
                within: span, every: interval,
                {
                    if !last.final { last = try poll(ticket) }; return last.final
                })
        else { throw Unexpected(description: "not final in time: \(last)") }
        return last
    }

    /// Polls a crowd of tickets until every one is final, or the time is over; the last body of each.
    public func untilAllFinal(_ tickets: [String], within span: TimeSpan, connections: Int = 16) throws -> [String:
        TicketBody]
    {
        let deadline = Deadline(within: span)
        var bodies: [String: TicketBody] = [:]
        var open = tickets
        var crowd = Crowd(http)
        crowd.connections = connections
        while !open.isEmpty {
            for answer in crowd.send(open.map { .poll($0) }, within: .seconds(20)) {
                guard let reply = answer.reply, reply.status == 200 else { continue }
                let body: TicketBody = try reply.json()
                bodies[body.ticket] = body
            }
            open = open.filter { bodies[$0]?.final != true }
            if deadline.isPast { break }
        }
        return bodies
    }

    // MARK: - The operator

    public func operate(_ method: String, _ target: String, json: String? = nil) throws -> HTTPReply {
        try admin.send(operation(method, target, json: json))
    }

    /// A request of an operator, for crowds at the admin listener.
    public func operation(_ method: String, _ target: String, json: String? = nil) -> HTTPRequest {
        HTTPRequest(method, target, headers: [("Authorization", "Bearer \(token)")], json: json)
    }

    /// A report of a payment, for crowds.
    public func payment(_ ticket: String, _ outcome: String, _ reference: String) -> HTTPRequest {
        operation(
            "POST", "/admin/v1/tickets/\(ticket)/payment",
            json: #"{"outcome":"\#(outcome)","reference":"\#(reference)"}"#)
    }

    /// Creates or updates an item; `more` is further JSON members, such as `"queue_limit":100`.
    @discardableResult
    public func putItem(_ item: String, stock: Int, _ more: String = "") throws -> HTTPReply {
        let json = #"{"stock":\#(stock)\#(more.isEmpty ? "" : ",")\#(more)}"#
        return try expect(operate("PUT", "/admin/v1/items/\(item)", json: json), 200, 201, call: "PUT item")
    }

    @discardableResult
    public func pause(_ item: String) throws -> HTTPReply { try act("pause", item) }
    @discardableResult
    public func resume(_ item: String) throws -> HTTPReply { try act("resume", item) }
    @discardableResult
    public func close(_ item: String) throws -> HTTPReply { try act("close", item) }
    @discardableResult
    public func restock(_ item: String, units: Int) throws -> HTTPReply {
        try act("restock", item, json: #"{"units":\#(units)}"#)
    }

    /// Reports a payment: `authorized`, `paid` or `failed`.
    public func pay(_ ticket: String, _ outcome: String = "paid", _ reference: String = "p-1") throws -> HTTPReply {
        try admin.send(payment(ticket, outcome, reference))
    }

    public func refund(_ ticket: String, _ reference: String = "r-1", returnsUnit: Bool = true) throws -> HTTPReply {
        let json = #"{"reference":"\#(reference)","return_unit":\#(returnsUnit)}"#
        return try operate("POST", "/admin/v1/tickets/\(ticket)/refund", json: json)
    }

    /// Ends a purchase in doubt: with the reference of its order, or without one.
    public func settle(_ ticket: String, order: String?) throws -> HTTPReply {
        try admin.send(settlement(ticket, order: order))
    }

    /// The same, for crowds.
    public func settlement(_ ticket: String, order: String?) -> HTTPRequest {
        let json = order.map { #"{"outcome":"confirmed","order":"\#($0)"}"# } ?? #"{"outcome":"refused"}"#
        return operation("POST", "/admin/v1/tickets/\(ticket)/settle", json: json)
    }

    public func doubts(of item: String, after: String = "0") throws -> DoubtPageBody {
        try expect(operate("GET", "/admin/v1/items/\(item)/doubts?after=\(after)"), 200, call: "doubts").json()
    }

    /// Polls until the ticket is in this state; fails loudly when it isn't in time.
    @discardableResult
    public func until(_ state: String, _ ticket: String, within span: TimeSpan = .seconds(5)) throws -> TicketBody {
        var last = try poll(ticket)
        let isThere = try eventually(within: span) {
            if last.state != state { last = try poll(ticket) }
            return last.state == state
        }
        guard isThere else { throw Unexpected(description: "not \(state) in time: \(last)") }
        return last
    }

    private func act(_ verb: String, _ item: String, json: String? = nil) throws -> HTTPReply {
        let target = "/admin/v1/items/\(item)/\(verb)"
        return try expect(operate("POST", target, json: json), 200, 202, 204, call: verb)
    }

    public func metrics() throws -> Metrics { Metrics(try operate("GET", "/metrics").text) }
}
