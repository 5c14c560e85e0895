import Base
public import EventLoop
public import HTTPServer

/// The listener of a process that serves no buyers: health, metrics, and what its own role adds.
public final class OpsServer {
    /// What the process answers about itself.
    public struct Answers {
        /// What `/version` names.
        public var program = "sluice"
        public var isReady: () -> Bool
        public var reasons: () -> [String]
        /// What is refused or can't be done at the moment, whether or not the process is ready all the same.
        public var impaired: () -> [String]
        public var metrics: () -> MetricsPage
        /// Takes what this listener does not know; false makes it a 404. May answer through the server.
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

    /// Closes the port and all connections at once.
    public func close() { server.close() }
}

extension OpsServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let isRead = request.method == .get || request.method == .head
        if isRead, let page = request.withPath({ HealthPage($0) }) {
            server.respond(to: exchange) { [answers] response in
                page.render(into: &response, program: answers.program) {
                    HealthPage.Readiness(
                        isReady: answers.isReady(), reasons: answers.reasons(), impaired: answers.impaired())
                }
            }
        } else if isRead, request.withPath({ $0.equals("/metrics") }) {
            let page = answers.metrics()
            let format = MetricsPage.Format(accept: request.header(.accept))
            server.respond(to: exchange) { response in
                response.contentType(format.contentType)
                page.append(to: &response.body, format: format)
            }
        } else if !answers.other(request, exchange, server) {
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
