public import Base
public import Domain
public import EventLoop
public import HTTPServer

/// Serves operators, on the first loop of a queue process: items, nodes, metrics. Every route asks for the token, but
/// for health and build; the metrics take a token of their own as well.
public final class AdminServer {
    /// Writes the metrics of all loops as the value of `Accept` asks for, then calls back on this loop.
    public typealias MetricsSource = (_ accept: String?, @escaping (MetricsText) -> Void) -> Void

    /// What this process knows of all others.
    public let watch: ClusterWatch
    private let parts: EndpointParts
    private let health: Health
    private let login: AdminLogin
    private let items: AdminItems
    private let settings: AdminSettings
    private let capacity: AdminCapacity
    private let overview: AdminOverview
    private let metrics: MetricsSource
    private var server: HTTPServer!

    /// - Parameters:
    ///   - metricsToken: opens the metrics and nothing else; nil: none does.
    ///   - pollBudget: of the configuration, polls a second, where no operator has set anything; nil: none.
    public init(
        publicServer: PublicServer, token: [UInt8], metricsToken: [UInt8]? = nil, pollBudget: Int64? = nil,
        metrics: @escaping MetricsSource
    ) {
        health = publicServer.health
        parts = publicServer.parts.with(Responder())
        watch = ClusterWatch(parts, health: health)
        login = AdminLogin(parts, token: token, metricsToken: metricsToken)
        items = AdminItems(parts)
        settings = AdminSettings(parts, pollBudget: pollBudget)
        capacity = AdminCapacity(parts, watch: watch)
        overview = AdminOverview(parts, watch: watch)
        self.metrics = metrics
    }

    public func start(address: String, port: UInt16) throws(SystemError) {
        server = try HTTPServer(
            loop: parts.loop, address: address, port: port, limits: .adminListener, handler: self, reusePort: false)
        parts.responder.begin(with: server)
    }

    public var port: UInt16 { server.port }

    /// Operators set something.
    public var onSwitches: ((Switches) -> Void)? {
        get { settings.onChange }
        set { settings.onChange = newValue }
    }

    /// Logins that failed since the start.
    public var failedLogins: UInt64 { login.failures }

    /// Lets go of all connections at once.
    public func close() { server?.close() }

    public func drain(within limit: TimeSpan, completion: @escaping () -> Void) {
        server.drain(deadline: parts.loop.now + limit, completion: completion)
    }
}

extension AdminServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let route = AdminRoute(request.withPath { String(utf8: $0) })
        let method = request.method == .head ? Method.get : request.method
        // What everybody may know: a balancer or a scraper holds no key to the sale.
        if case .ofItself(let page) = route {
            guard method == .get else { return refuse(exchange, .methodNotAllowed("GET, HEAD")) }
            return parts.responder.respond(to: exchange) { health.render(page, into: &$0) }
        }
        if route == .metrics, method == .get {
            if login.mayScrape(request, exchange) { showMetrics(exchange, accept: request.header(.accept)) }
            return
        }
        guard let caller = login.caller(of: request, exchange) else { return }
        switch (route, method) {
        case (.nodes, .get): overview.showNodes(exchange)
        case (.health, .get): overview.showHealth(exchange)
        case (.settings, .get): settings.show(exchange)
        case (.settings, .put): settings.put(request, exchange, caller)
        case (.resetCapacity(let name), .post): capacity.reset(name, exchange, caller)
        case (.settings, _): refuse(exchange, .methodNotAllowed("GET, HEAD, PUT"))
        case (.items, .get): items.list(request, exchange)
        case (.item(let name), .get): withName(name, exchange) { items.show($0, exchange) }
        case (.item(let name), .put): withName(name, exchange) { items.put($0, request, exchange, caller) }
        case (.action(let action, let name), .post):
            withName(name, exchange) { items.alter($0, action, request, exchange, caller) }
        case (.unknown, _): refuse(exchange, .unknownRoute)
        case (.item, _): refuse(exchange, .methodNotAllowed("GET, HEAD, PUT"))
        case (.action, _), (.resetCapacity, _): refuse(exchange, .methodNotAllowed("POST"))
        default: refuse(exchange, .methodNotAllowed("GET, HEAD"))
        }
    }

    private func refuse(_ exchange: ExchangeID, _ problem: Problem) { parts.refuse(exchange, problem) }

    private func withName(_ text: String, _ exchange: ExchangeID, _ body: (ItemName) -> Void) {
        guard let name = itemName(text) else {
            return refuse(exchange, .invalidRequest("an item's name is 1 to 64 of A-Z, a-z, 0-9, _ and -"))
        }
        body(name)
    }

    private func showMetrics(_ exchange: ExchangeID, accept: String?) {
        metrics(accept) { [unowned self] page in
            parts.responder.respond(to: exchange) { response in
                response.contentType(page.contentType)
                response.body.append(page.bytes)
            }
        }
    }
}
