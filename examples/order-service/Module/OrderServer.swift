import Base
public import EventLoop
public import HTTPServer

// DESIGN
// `deliver` may answer an exchange of the very call that is being handled (nothing to do and no slot taken), which the
// server allows. The service needs nothing of an order's body but the ticket, for the list that a test compares with
// what it knows. The body is read strictly all the same, since a sender's mistake should show here first.

/// The listener for orders: `POST /orders`.
public final class OrderServer {
    private let driver: ServiceDriver
    private let check: WebhookCheck?
    private var server: HTTPServer!
    public private(set) var rejected = 0  // not signed, stale, forged, malformed

    /// - Parameter check: nil takes every request, signed or not.
    public init(
        driver: ServiceDriver, check: WebhookCheck?, address: String, port: UInt16
    ) throws(SystemError) {
        self.driver = driver
        self.check = check
        var limits = ServerLimits.publicListener
        limits.connections = 20_000
        server = try HTTPServer(
            loop: driver.loop, address: address, port: port, limits: limits, handler: self, reusePort: false)
        driver.deliver = { [unowned self] exchange, reply in answer(exchange, reply) }
        driver.abandon = { [unowned self] in server.reset($0) }
    }

    public var port: UInt16 { server.port }

    public func close() { server.close() }

    func resetFigures() { rejected = 0 }

    private func answer(_ exchange: ExchangeID, _ reply: OrderService<ExchangeID>.Reply) {
        let settings = driver.service.settings
        switch reply {
        case .silence: return
        case .reset: server.reset(exchange)
        case .failed: refuse(exchange, 500, "broken", "The order service made a mistake.")
        case .busy:
            refuse(
                exchange, settings.busyStatus, "busy", "The order service can take no more now.",
                retryAfter: settings.retryAfterSeconds)
        case .confirmed(let order):
            json(exchange) { body in
                body.append("{\"status\":\"confirmed\",\"order\":\"order-")
                body.append(decimal: order)
                body.append("\"}")
            }
        case .refused:
            json(exchange) { $0.append("{\"status\":\"refused\",\"reason\":\"not for sale to this buyer\"}") }
        case .wrongBody(let kind):
            json(exchange) { body in
                switch kind % 4 {
                case 0: body.append("{\"status\":\"confirmed\",\"order\":\"ord")
                case 1: body.append("{\"status\":\"perhaps\"}")
                case 2: body.append("<html><body>Have a nice day</body></html>")
                default: for _ in 0..<10_000 { body.append("{\"status\":") }  // 100 kB, ten thousand levels deep
                }
            }
        }
    }

    private func json(_ exchange: ExchangeID, _ build: (inout ByteBuffer) -> Void) {
        server.respond(to: exchange) { response in
            response.contentType("application/json")
            build(&response.body)
        }
    }

    private func refuse(
        _ exchange: ExchangeID, _ status: Int, _ code: StaticString, _ detail: StaticString, retryAfter: Int64? = nil
    ) {
        server.respond(to: exchange) { response in
            response.status = status
            response.contentType("application/problem+json")
            if let retryAfter { response.field("Retry-After: ", Int(retryAfter)) }
            response.body.appendJSON { json in
                json.beginObject()
                json.field("type", constant: "about:blank")
                json.field("status", Int64(status))
                json.field("code", constant: code)
                json.field("detail", constant: detail)
                json.endObject()
            }
        }
    }

    private func reject(_ exchange: ExchangeID, _ status: Int, _ code: StaticString, _ detail: StaticString) {
        rejected += 1
        refuse(exchange, status, code, detail)
    }
}

extension OrderServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        guard request.withPath({ $0.equals("/orders") }) else {
            return reject(exchange, 404, "unknown-route", "Known: POST /orders.")
        }
        guard request.method == .post else {
            return reject(exchange, 405, "method-not-allowed", "Known: POST /orders.")
        }
        guard let key = request.header(.webhookID), (1...256).contains(key.utf8.count) else {
            return reject(exchange, 400, "no-id", "webhook-id is missing, or longer than 256 bytes.")
        }
        switch verdict(request) {
        case .genuine: break
        case .unsigned: return reject(exchange, 401, "unsigned", "A webhook-… field is missing or malformed.")
        case .stale: return reject(exchange, 401, "stale", "webhook-timestamp is more than five minutes off.")
        case .forged: return reject(exchange, 401, "forged", "No signature in webhook-signature is right.")
        }
        guard let ticket = request.withBody({ Self.ticket(of: $0) }) else {
            return reject(exchange, 400, "malformed", "The body is no order of type order.place with its fields.")
        }
        driver.withService { service, now, answers in
            service.call(key: key, ticket: ticket, from: exchange, now: now, answers: &answers)
        }
    }

    private func verdict(_ request: borrowing Request) -> WebhookCheck.Verdict {
        guard let check else { return .genuine }
        let now = driver.loop.wallNow
        let verdict = request.withBody { body in
            request.withHeader(.webhookID) { id in
                request.withHeader(.webhookTimestamp) { timestamp in
                    request.withHeader(.webhookSignature) { signature in
                        check.verdict(id: id, timestamp: timestamp, signature: signature, body: body, now: now)
                    }
                }
            }
        }
        return (verdict ?? nil).flatMap { $0 } ?? .unsigned
    }

    /// The ticket of an order; nil where the body is not as the contract has it.
    static func ticket(of body: Span<UInt8>) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(body) { (json) throws(JSONError) in
                var seen = JSONSeenFields()
                var ticket: String?
                var isOrder = false
                var known = 0
                try json.beginObject()
                while let key = try json.nextKey() {
                    if try json.matches(key, "type", once: 0, in: &seen) {
                        let type = try json.string()
                        isOrder = json.copy(type) == "order.place"
                    } else if try json.matches(key, "ticket", once: 1, in: &seen) {
                        let text = try json.string()
                        ticket = json.copy(text)
                    } else if try json.matches(key, "item", once: 2, in: &seen) {
                        _ = try json.string()
                        known += 1
                    } else if try json.matches(key, "user", once: 3, in: &seen) {
                        _ = try json.string()
                        known += 1
                    } else if try json.matches(key, "quantity", once: 4, in: &seen) {
                        _ = try json.integer(in: 1...1_000)
                        known += 1
                    } else if try json.matches(key, "sequence", once: 5, in: &seen) {
                        _ = try json.integer(in: 1...Int64.max)
                        known += 1
                    } else if try json.matches(key, "attempt", once: 6, in: &seen) {
                        _ = try json.integer(in: 0...Int64.max)
                        known += 1
                    } else {
                        try json.skip()
                    }
                }
                return isOrder && known == 5 ? ticket : nil
            }
        } catch {
            return nil
        }
    }
}
