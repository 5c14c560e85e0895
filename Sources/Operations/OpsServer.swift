import Base
public import EventLoop
public import HTTPServer

/// The small listener of a process that serves no buyers: health, metrics, and what its own kind adds.
public final class OpsServer {
    /// What the process says of itself when asked.
    public struct Answers {
        /// What `/version` names.
        public var program = "sluice"
        public var isReady: () -> Bool
        public var reasons: () -> [String]
        /// What is refused or can't be done at the moment, whether or not the process is ready all the same.
        public var impaired: () -> [String]
        public var metrics: () -> MetricsPage
        /// Takes what this listener does not know; false leaves it a 404. May answer through the server.
        public var other: (borrowing Request, ExchangeID, HTTPServer) -> Bool

        public init(
            isReady: @escaping () -> Bool, reasons: @escaping () -> [String],
            impaired: @escaping () -> [String] = { [] }, metrics: @escaping () -> MetricsPage,
            other: @escaping (borrowing Request, ExchangeID, HTTPServer) -> Bool = { _, _, _ in false }
        ) {
            self.isReady = isReady
            self.reasons = reasons
            self.impaired = impaired
            self.metrics = metrics
            self.other = other
        }
    }

    private let answers: Answers
    private var server: HTTPServer!

    public init(loop: EventLoop, address: ListenAddress, answers: Answers) throws(SystemError) {
        self.answers = answers
        server = try HTTPServer(
            loop: loop, address: address.host, port: address.port, limits: .adminListener, handler: self,
            reusePort: false)
    }

    public var port: UInt16 { server.port }

    /// Lets go of the port and of all connections at once.
    public func close() { server.close() }

    private func answer(_ exchange: ExchangeID, status: Int, _ body: (inout JSONWriter) -> Void) {
        server.respond(to: exchange) { response in
            response.status = status
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.body.appendJSON { json in
                json.beginObject()
                body(&json)
                json.endObject()
            }
        }
    }
}

extension OpsServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let path = request.withPath { String(utf8: $0) }
        let isRead = request.method == .get || request.method == .head
        switch path {
        case "/livez" where isRead: answer(exchange, status: 200) { $0.field("status", constant: "alive") }
        case "/readyz" where isRead:
            let isReady = answers.isReady()
            answer(exchange, status: isReady ? 200 : 503) { json in
                json.field("ready", isReady)
                json.key("reasons")
                json.beginArray()
                for reason in answers.reasons() { json.string(reason) }
                json.endArray()
                json.key("impaired")
                json.beginArray()
                for impairment in answers.impaired() { json.string(impairment) }
                json.endArray()
            }
        case "/version" where isRead:
            answer(exchange, status: 200) { json in
                json.field("name", answers.program)
                json.field("version", BuildVersion.current)
                json.field("commit", BuildVersion.commit)
            }
        case "/metrics" where isRead:
            let page = answers.metrics()
            let format = MetricsPage.Format(accept: request.header(.accept))
            server.respond(to: exchange) { response in
                response.contentType(format.contentType)
                page.append(to: &response.body, format: format)
            }
        default:
            guard !answers.other(request, exchange, server) else { return }
            server.respond(to: exchange) { response in
                response.status = 404
                response.contentType("application/problem+json")
                response.body.append(
                    """
                    {"type":"about:blank","title":"There is nothing at this path","status":404,\
                    "detail":"known: /livez, /readyz, /version, /metrics","code":"unknown-route"}
                    """)
            }
        }
    }
}
