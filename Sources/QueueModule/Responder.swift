import Base
import HTTPServer

/// Responds to the requests of one listener.
final class Responder {
    private var server: HTTPServer!
    private var uncounted: UncountedServer!  // the same
    private let crossOrigin: CrossOrigin?
    /// What is kept of the few requests that have any of it, until they get their response.
    private var wishes: [ExchangeID: ResponseWishes] = [:]

    var wishesKept: Int { wishes.count }

    /// - Parameter crossOrigin: the origins whose pages may read the responses.
    init(crossOrigin: CrossOrigin? = nil) { self.crossOrigin = crossOrigin }

    /// All responses from now on go through `server`.
    func begin(with server: HTTPServer) { (self.server, uncounted) = (server, UncountedServer(server)) }

    /// Fills the response to a request, and adds what the request wished for.
    @inline(__always)
    func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        if wishes.isEmpty { uncounted.respond(to: exchange, build) } else { respondAsWished(to: exchange, build) }
    }

    private func respondAsWished(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        guard let wishes = wishes.removeValue(forKey: exchange) else {
            return uncounted.respond(to: exchange, build)
        }
        uncounted.respond(to: exchange) { response in
            build(&response)
            wishes.fulfil(in: &response)
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

    /// See `HTTPServer.stream`; the response has what the request wished for.
    func stream(
        to exchange: ExchangeID, onDrained: @escaping () -> Void, _ build: (inout Response) -> Void
    ) -> Bool {
        let wishes = wishes.removeValue(forKey: exchange)
        return server.stream(to: exchange, onDrained: onDrained) { response in
            build(&response)
            wishes?.fulfil(in: &response)
        }
    }

    /// See `HTTPServer.streamEvents`.
    func streamEvents(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        let wishes = wishes.removeValue(forKey: exchange)
        return server.streamEvents(to: exchange) { response in
            build(&response)
            wishes?.fulfil(in: &response)
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

    /// Keeps what a request wishes of its response: most wish for nothing.
    @inline(__always)
    func remember(_ request: borrowing Request, _ exchange: ExchangeID) {
        let trace = ResponseWishes.trace(of: request)
        let origin = crossOrigin?.declared(request)
        guard trace != nil || origin != nil else { return }
        wishes[exchange] = ResponseWishes(trace: trace, origin: origin)
    }

    /// Has the response to a request that is being handled passed to `rewrite` before it is sent.
    func rewrite(_ exchange: ExchangeID, _ rewrite: @escaping (inout Response) -> Void) {
        wishes[exchange, default: ResponseWishes(trace: nil, origin: nil)].rewrite(with: rewrite)
    }

    /// A request gets no response: its client has left.
    func forget(_ exchange: ExchangeID) { if !wishes.isEmpty { wishes.removeValue(forKey: exchange) } }

    /// Whether a page of another origin makes the request, one that may.
    func isCrossOrigin(_ exchange: ExchangeID) -> Bool { wishes[exchange]?.origin != nil }

    /// Whether caches must be reminded that a page of another origin gets a response of its own.
    func variesByOrigin(_ exchange: ExchangeID) -> Bool { crossOrigin != nil && !isCrossOrigin(exchange) }
}
