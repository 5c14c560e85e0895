public import Base
public import Domain
public import EventLoop
public import HTTPServer
public import Operations
import Store

/// Serves operators, on the first loop of a queue process: items, nodes, metrics. Every route but health and build
/// requires a token; the metrics take a token of their own as well.
public final class AdminServer {
    /// Collects the metrics of all loops, then calls back on this loop.
    public typealias MetricsSource = (@escaping (MetricsPage) -> Void) -> Void

    /// What this process knows of all processes.
    public let watch: ClusterWatch
    private let parts: EndpointParts
    private let health: Health
    private let login: AdminLogin
    private let operators: OperatorBook
    private let tokens: AdminTokens
    private let items: AdminItems
    private let tickets: AdminTickets
    private let doubts: AdminDoubts
    private let books: AdminBooks
    private let series: AdminSeries
    private let retirement: AdminRetirement
    /// Deletes what was archived long enough ago; nil: nothing is.
    let retention: RetentionKeeper?
    /// What shops report of payments.
    let payments: PaymentDriver
    private let settings: AdminSettings
    private let capacity: AdminCapacity
    private let overview: AdminOverview
    private let webhooks: AdminWebhooks
    let events: AdminEvents
    private let metrics: MetricsSource
    private var server: HTTPServer!

    /// - Parameters:
    ///   - metricsToken: opens the metrics and nothing else; nil: none does.
    ///   - archiveFolder: where the books of items are archived; nil: nowhere.
    ///   - retention: after which archived items are deleted; nil: never.
    ///   - pollBudget: of the configuration, polls a second, where no operator has set anything; nil: none.
    public init(
        publicServer: PublicServer, token: [UInt8], metricsToken: [UInt8]? = nil, pollBudget: Int64? = nil,
        archiveFolder: String? = nil, retention: TimeSpan? = nil, metrics: @escaping MetricsSource
    ) {
        health = publicServer.health
        parts = publicServer.parts.with(Responder())
        watch = ClusterWatch(parts, health: health)
        operators = OperatorBook(parts)
        login = AdminLogin(parts, token: token, metricsToken: metricsToken, book: operators)
        tokens = AdminTokens(parts, book: operators)
        items = AdminItems(parts)
        payments = PaymentDriver(parts)
        tickets = AdminTickets(parts, payments: payments)
        doubts = AdminDoubts(parts)
        books = AdminBooks(parts)
        series = AdminSeries(parts)
        retirement = AdminRetirement(parts, folder: archiveFolder)
        self.retention = retention.map { [parts] in RetentionKeeper(parts, age: $0) }
        settings = AdminSettings(parts, pollBudget: pollBudget)
        capacity = AdminCapacity(parts, watch: watch)
        overview = AdminOverview(parts, watch: watch)
        webhooks = AdminWebhooks(parts)
        events = AdminEvents(parts, source: FeedReader(store: parts.store))
        self.metrics = metrics
        parts.loop.beforeSleep { [payments] in payments.sendBatches() }
        publicServer.listener.onPointed = { [events] in events.wake(nil) }
        parts.directory.onChange = { [events] in events.wake($0) }
    }

    public func start(address: String, port: UInt16) throws(SystemError) {
        server = try HTTPServer(
            loop: parts.loop, address: address, port: port, limits: .adminListener, handler: self, reusePort: false)
        parts.responder.begin(with: server)
        retention?.start()
    }

    public var port: UInt16 { server.port }

    /// An operator changed what holds for all processes.
    public var onSwitches: ((Switches) -> Void)? {
        get { settings.onChange }
        set { settings.onChange = newValue }
    }

    /// The tokens of operators are of this edition now: see `Switches`.
    public func followOperators(_ edition: Int64) { operators.follow(edition) }

    /// Logins that failed since the start.
    public var failedLogins: UInt64 { login.failures }

    /// Closes all connections at once.
    public func close() { server?.close() }

    public func drain(within limit: TimeSpan, completion: @escaping () -> Void) {
        events.stop()
        server.drain(deadline: parts.loop.now + limit, completion: completion)
    }
}

extension AdminServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let route = request.withPath { AdminRoute($0) }
        let method = request.method == .head ? Method.get : request.method
        // Public: a balancer or a scraper has no token.
        if case .health(let page) = route {
            guard method == .get else { return refuse(exchange, .methodNotAllowed("GET, HEAD")) }
            return parts.responder.respond(to: exchange) { health.render(page, into: &$0) }
        }
        if route == .metrics, method == .get {
            if login.mayScrape(request, exchange) { showMetrics(exchange, accept: request.header(.accept)) }
            return
        }
        // Of payments nobody's name is written down: they come by the thousand a second.
        if case .payment(let ticket) = route, method == .post {
            if let access = login.access(of: request, exchange, route.need(method)) {
                tickets.pay(request, ticket: ticket, exchange, access)
            }
            return
        }
        guard let caller = login.caller(of: request, exchange, route.need(method)) else { return }
        switch (route, method) {
        case (.refund(let ticket), .post): tickets.refund(request, ticket: ticket, exchange, caller)
        case (.settle(let ticket), .post): tickets.settle(request, ticket: ticket, exchange, caller)
        case (.doubts(let name), .get): withName(name, exchange) { doubts.list($0, request, exchange) }
        case (.allDoubts, .get): doubts.listItems(request, exchange)
        case (.events, .get): events.show(request, exchange)
        case (.nodes, .get): overview.showNodes(exchange)
        case (.troubles, .get): overview.showTroubles(exchange)
        case (.settings, .get): settings.show(exchange)
        case (.settings, .put): settings.put(request, exchange, caller)
        case (.resetCapacity(let name), .post): capacity.reset(name, exchange, caller)
        case (.settings, _): refuse(exchange, .methodNotAllowed("GET, HEAD, PUT"))
        case (.items, .get): items.list(request, exchange)
        case (.item(let name), .get): withName(name, exchange) { items.show($0, exchange) }
        case (.item(let name), .put): withName(name, exchange) { items.put($0, request, exchange, caller) }
        case (.item(let name), .delete):
            withName(name, exchange) { retirement.delete($0, request, exchange, caller) }
        case (.archive(let name), .post):
            withName(name, exchange) { retirement.archive($0, request, exchange, caller) }
        case (.action(let action, let name), .post):
            withName(name, exchange) { items.alter($0, action, request, exchange, caller) }
        case (.purchases(let name), .get): withName(name, exchange) { books.show($0, request, exchange) }
        case (.series(let name), .get): withName(name, exchange) { series.show($0, request, exchange) }
        case (.user(let name), .get): books.showUser(name, request, exchange)
        case (.tokens, .get): tokens.list(exchange)
        case (.tokens, .post): tokens.make(request, exchange, caller)
        case (.tokens, _): refuse(exchange, .methodNotAllowed("GET, HEAD, POST"))
        case (.token(let id), .delete): tokens.revoke(id, exchange, caller)
        case (.token, _): refuse(exchange, .methodNotAllowed("DELETE"))
        case (.audit, .get): tokens.showAudit(request, exchange)
        case (.webhooks, .get): webhooks.list(exchange)
        case (.webhook(let name), _): withWebhook(name, exchange) { handle($0, method, request, exchange, caller) }
        case (.webhookPart(let part, let name), _):
            withWebhook(name, exchange) { handle(part, of: $0, method, request, exchange, caller) }
        case (.unknown, _): refuse(exchange, .unknownRoute)
        case (.item, _): refuse(exchange, .methodNotAllowed("GET, HEAD, PUT, DELETE"))
        case (.action, _), (.archive, _), (.resetCapacity, _), (.payment, _), (.refund, _), (.settle, _):
            refuse(exchange, .methodNotAllowed("POST"))
        default: refuse(exchange, .methodNotAllowed("GET, HEAD"))
        }
    }

    private func handle(
        _ name: WebhookName, _ method: Method, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller
    ) {
        switch method {
        case .get: webhooks.show(name, exchange)
        case .put: webhooks.put(name, request, exchange, caller)
        case .delete: webhooks.remove(name, exchange, caller)
        default: refuse(exchange, .methodNotAllowed("GET, HEAD, PUT, DELETE"))
        }
    }

    private func handle(
        _ part: String, of name: WebhookName, _ method: Method, _ request: borrowing Request, _ exchange: ExchangeID,
        _ caller: Caller
    ) {
        switch (part, method) {
        case ("deliveries", .get): webhooks.deliveries(name, request, exchange)
        case ("rotate", .post): webhooks.rotate(name, request, exchange, caller)
        case ("replay", .post): webhooks.replay(name, request, exchange, caller)
        default: refuse(exchange, .methodNotAllowed(part == "deliveries" ? "GET, HEAD" : "POST"))
        }
    }

    private func withWebhook(_ text: String, _ exchange: ExchangeID, _ body: (WebhookName) -> Void) {
        guard let name = itemName(text).flatMap({ WebhookName($0.description) }) else {
            return refuse(exchange, .invalidRequest("a webhook's name is 1 to 64 of A-Z, a-z, 0-9, _ and -"))
        }
        body(name)
    }

    private func refuse(_ exchange: ExchangeID, _ problem: Problem) { parts.refuse(exchange, problem) }

    private func withName(_ text: String, _ exchange: ExchangeID, _ body: (ItemName) -> Void) {
        guard let name = itemName(text) else {
            return refuse(exchange, .invalidRequest("an item's name is 1 to 64 of A-Z, a-z, 0-9, _ and -"))
        }
        body(name)
    }

    private func showMetrics(_ exchange: ExchangeID, accept: String?) {
        let format = MetricsPage.Format(accept: accept)
        metrics { [unowned self] page in
            parts.responder.respond(to: exchange) { response in
                response.contentType(format.contentType)
                page.append(to: &response.body, format: format)
            }
        }
    }
}
