import Base
import HTTPServer

/// Responds to the requests of one listener.
final class Responder {
    private var server: HTTPServer!
    private var uncounted: UncountedServer!  // the same
    /// The trace contexts of requests that have one and no response yet.
    private var traces: [ExchangeID: [UInt8]] = [:]

    var tracesKept: Int { traces.count }

    /// All responses from now on go through `server`.
    func begin(with server: HTTPServer) { (self.server, uncounted) = (server, UncountedServer(server)) }

    /// Fills the response to a request, and adds the trace context that the request had.
    @inline(__always)
    func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        if traces.isEmpty { uncounted.respond(to: exchange, build) } else { respondTraced(to: exchange, build) }
    }

    private func respondTraced(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        guard let trace = traces.removeValue(forKey: exchange) else {
            return uncounted.respond(to: exchange, build)
        }
        uncounted.respond(to: exchange) { response in
            response.field("traceparent: ", trace)
            build(&response)
        }
    }

    func respondJSON(to exchange: ExchangeID, status: Int = 200, _ body: (inout JSONWriter) -> Void) {
        respond(to: exchange) { response in
            response.status = status
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.body.appendJSON { body(&$0) }
        }
    }

    func refuse(_ exchange: ExchangeID, _ problem: Problem) {
        respond(to: exchange) { problem.render(into: &$0) }
    }

    /// See `HTTPServer.stream`; the response has the trace context that the request had.
    func stream(
        to exchange: ExchangeID, onDrained: @escaping () -> Void, _ build: (inout Response) -> Void
    ) -> Bool {
        let trace = traces.removeValue(forKey: exchange)
        return server.stream(to: exchange, onDrained: onDrained) { response in
            if let trace { response.field("traceparent: ", trace) }
            build(&response)
        }
    }

    /// See `HTTPServer.streamEvents`.
    func streamEvents(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        let trace = traces.removeValue(forKey: exchange)
        return server.streamEvents(to: exchange) { response in
            if let trace { response.field("traceparent: ", trace) }
            build(&response)
        }
    }

    /// See `HTTPServer.watch`.
    func watch(_ exchange: ExchangeID, by watcher: Token) -> Bool { server.watch(exchange, by: watcher) }

    /// See `HTTPServer.sendPart`.
    func sendPart(
        of exchange: ExchangeID, isLast: Bool, _ build: (inout ByteBuffer) -> Void
    ) -> HTTPServer.StreamProgress {
        server.sendPart(of: exchange, isLast: isLast, build)
    }

    /// Ends a response that can't be completed.
    func reset(_ exchange: ExchangeID) { server.reset(exchange) }

    /// See `HTTPServer.together`.
    func together(_ body: () -> Void) { server.together(body) }

    /// Has the connection of a request that gets its response soon fetched from memory.
    func prefetch(_ exchange: ExchangeID) { server.prefetch(exchange) }

    /// True while the exchange waits for its answer and its connection stands, as far as is known.
    func isOpen(_ exchange: ExchangeID) -> Bool { server.isOpen(exchange) }

    func peer(of exchange: ExchangeID) -> Peer? { server.peer(of: exchange) }

    /// Keeps the trace context of a request, if it has one.
    func rememberTrace(_ request: borrowing Request, _ exchange: ExchangeID) {
        let trace = request.withHeader(.traceparent) { value -> [UInt8]? in
            // version-traceid-parentid-flags: 2, 32, 16 and 2 hexadecimal digits.
            guard value.count == 55 else { return nil }
            for index in value.indices {
                let isDash = value[index] == UInt8(ascii: "-")
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(value[index])
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(value[index])
                guard [2, 35, 52].contains(index) ? isDash : isDigit || isLetter else { return nil }
            }
            return value.indices.map { value[$0] }
        }
        if case .some(.some(let trace)) = trace { traces[exchange] = trace }
    }
}
