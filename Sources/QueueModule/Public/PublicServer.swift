public import Base
public import Domain
public import EventLoop
public import HTTPServer
public import Store

// DESIGN
// The public listener of one loop. Everything here is one turn of the loop or a callback of the store; a request never
// changes thread. Each route has an endpoint with state of its own, and what belongs to a request is passed along as a
// value. Purchases are collected per item and sent in one script call at the end of the turn; polls are answered from
// memory where they can be.

/// Serves buyers on one loop: connects to the store, routes requests to endpoints, and counts.
public final class PublicServer {
    let loop: EventLoop
    let store: Store
    let listener: StoreListener
    let directory: ItemDirectory
    let health: Health
    let parts: EndpointParts
    private let tickets: TicketEndpoint
    private let ticketFinder: TicketFinder
    private let ticketResponder: TicketResponder
    private let purchases: PurchaseEndpoint
    private let purchaseResponder: PurchaseResponder
    private let admissions: AdmissionDriver
    private let items: ItemEndpoint
    private let push: Push
    private let streams: StreamEndpoint
    private let page: PageEndpoint
    private var server: HTTPServer!

    /// - Parameters:
    ///   - batchLimit: purchases of one store call at most; with 1 nothing waits for a call that is under way.
    ///   - pollsPerSecond: of all who wait together, in all processes; nil: no bound.
    ///   - streams: that may be open at once, with polls that wait.
    ///   - page: the buyer's page; nil: none.
    ///   - origins: those whose pages may call from a browser.
    public init(
        loop: EventLoop, storeOptions: StoreOptions, authenticator: any TicketAuthenticator, log: any QueueLog,
        seed: UInt64, batchLimit: Int = Limits.batch, pollsPerSecond: Int64? = nil, streams mostStreams: Int = 8_000,
        page: PageFiles? = .builtIn, origins: [String] = []
    ) {
        self.loop = loop
        store = Store(loop: loop, options: storeOptions)
        listener = StoreListener(loop: loop, options: storeOptions, topics: [.changes, .feed])
        directory = ItemDirectory(loop: loop, store: store, listener: listener, log: log)
        health = Health(store: store, listener: listener)
        parts = EndpointParts(
            loop: loop, store: store, directory: directory, codec: TicketCodec(authenticator: authenticator),
            responder: Responder(crossOrigin: CrossOrigin(origins)), failures: StoreFailures(), log: log)
        ticketResponder = TicketResponder(parts, seed: seed, pollsPerSecond: pollsPerSecond)
        ticketFinder = TicketFinder(parts, tickets: ticketResponder)
        tickets = TicketEndpoint(parts, finder: ticketFinder)
        purchaseResponder = PurchaseResponder(parts, finder: ticketFinder, tickets: ticketResponder)
        admissions = AdmissionDriver(parts, outcomes: purchaseResponder, batchLimit: batchLimit)
        purchases = PurchaseEndpoint(parts, admissions: admissions, outcomes: purchaseResponder)
        let pages = ItemPages(parts)
        items = ItemEndpoint(parts, pages: pages)
        push = Push(
            parts, finder: ticketFinder, responder: ticketResponder, pages: pages, most: mostStreams, seed: seed &+ 1)
        streams = StreamEndpoint(parts, push: push, finder: ticketFinder)
        self.page = PageEndpoint(parts, files: page, purchases: purchases, tickets: tickets)
        loop.pollAgain { [admissions] in admissions.hasPendingBatch }
        loop.beforeSleep { [unowned self] in
            admissions.sendBatches()
            server?.turnEnded()
        }
    }

    /// Begins to serve on a listener of its own and to connect to the store.
    public func start(
        address: String, port: UInt16, limits: ServerLimits, onReady: @escaping () -> Void
    ) throws(SystemError) {
        server = try HTTPServer(
            loop: loop, address: address, port: port, limits: limits, handler: self, reusePort: true)
        server.measureTimes()
        server.onLeft = { [unowned push] in push.requests.left($0) }
        parts.responder.begin(with: server)
        var hasBeenReady = false
        let check = { [unowned self] in
            if !hasBeenReady && isReady {
                hasBeenReady = true
                onReady()
            }
        }
        store.onReady = { [unowned self] in
            directory.storeUp()
            push.storeUp()
            streams.storeUp()
            parts.log.storeUp()
            check()
        }
        store.onDown = { [unowned self] reason in
            directory.storeDown()
            parts.log.storeDown(reason: reason)
            if !hasBeenReady, let server = store.unsuitable { onUnsuitable?(server) }
        }
        store.reportImpairments(to: parts.log)
        store.accompany(with: listener)
        listener.onFollowing = { [unowned self] in
            push.storeUp()
            check()
        }
        listener.onDown = { [unowned self] _ in directory.interrupt() }
        store.start()
        listener.start()
    }

    public var port: UInt16 { server.port }

    /// Polls can be answered.
    public var isReady: Bool { health.isReady }
    /// Before this server was ever ready, the store turned out to be one that the engine can't work with.
    public var onUnsuitable: ((String) -> Void)?

    /// Not ready from now on, though it goes on serving.
    public func withdraw() { health.withdraw() }

    /// Closes the store and all connections at once.
    public func close() {
        server?.close()
        store.close()
        listener.close()
    }

    /// Finishes what was begun, then calls `completion`. No new connections are accepted.
    public func drain(within limit: TimeSpan, completion: @escaping () -> Void) {
        health.withdraw()
        purchases.drain()
        push.stop()
        server.drain(deadline: loop.now + limit, completion: completion)
    }

    // MARK: Figures

    public var currentFigures: QueueFigures {
        var figures = QueueFigures()
        figures.accepted = purchaseResponder.accepted
        figures.replayed = purchaseResponder.replayed
        figures.refused = purchaseResponder.refused
        figures.refusedFromMemory = purchases.refusedFromMemory
        figures.polls = tickets.polls
        figures.pollsFromMemory = ticketFinder.fromMemory
        figures.forgedTickets = tickets.forgedTickets
        figures.batches = admissions.calls
        figures.storeFailures = parts.failures.count
        figures.server = server.statistics
        figures.rollbacks = directory.durability.rollbacks
        figures.emptied = directory.durability.lifeWatch.changes
        figures.impairments = store.impairments.map(\.cause)
        figures.times = server.times
        figures.push = push.figures
        figures.lag = loop.lag.longest(now: loop.now)
        return figures
    }

    /// The figures of the items that this loop knows, of those that are shown; see `ItemFigures.merged`.
    public var itemFigures: [ItemFigures] {
        directory.mostWanted(Limits.itemsWatched).map { ItemFigures($0.name, $0.view.counters, $0.view.settings) }
    }

    // MARK: The cluster

    /// What is wrong with all processes, as `/readyz` of this one shows it.
    public func report(troubles: [String]) { health.report(troubles: troubles) }

    /// Another bound of polls from now on; nil: none.
    public func limitPolls(to perSecond: Int64?) { ticketResponder.limitPolls(to: perSecond) }

    /// Buyers who listen, in all processes: they don't poll, so that others may poll the more.
    public func count(listening: Int64) { ticketResponder.count(listening: listening) }

    /// What operators have set for all processes.
    public func readSwitches(completion: @escaping (Switches) -> Void) {
        store.switches { result in
            if case .success(let switches) = result { completion(switches) }
        }
    }

    public func describe(node: String, json: String) {
        if store.isReady { store.describeNode(node, json: json, now: loop.wallNow) }
    }

    /// The name of the store's data; empty until it was read.
    public var storeName: String { directory.durability.lifeWatch.name }

    /// How all processes describe themselves, and how long ago they did; nil when the store did not answer.
    public func nodes(completion: @escaping ([(json: String, age: TimeSpan)]?) -> Void) {
        store.nodes { result in
            let nodes = try? result.get()  // unheard: the caller gets nil, and reads again
            completion(nodes?.map { ($0.json, $0.age) })
        }
    }

    public func forget(node: String) { if store.isReady { store.removeNode(node) } }

    /// Checks whether the store can keep what is promised.
    public func checkPromise(isStrict: Bool, completion: @escaping (Store.PromiseCheck) -> Void) {
        store.checkPromise(isStrict: isStrict, completion: completion)
    }
}

extension PublicServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        parts.responder.remember(request, exchange)
        if request.method == .options, parts.responder.isCrossOrigin(exchange) {
            return parts.responder.respond(to: exchange) { CrossOrigin.permit(in: &$0) }
        }
        let route = request.withPath { PublicRoute($0) }
        switch route {
        case .purchases(let item):
            server.mark(RequestKind.purchase)
            guard request.method == .post else { return parts.refuse(exchange, .methodNotAllowed("POST")) }
            purchases.buy(request, item: item, exchange: exchange)
        case .ticket(let range):
            switch request.method {
            case .get, .head:
                server.mark(RequestKind.poll)
                tickets.poll(request, ticket: range, exchange: exchange)
            case .delete:
                server.mark(RequestKind.cancel)
                tickets.cancel(request, ticket: range, exchange: exchange)
            default: parts.refuse(exchange, .methodNotAllowed("GET, HEAD, DELETE"))
            }
        case .page(let route):
            server.mark(RequestKind.page)
            page.handle(request, route, exchange)
        case .unknown: parts.refuse(exchange, .unknownRoute)
        default:
            guard request.method == .get || request.method == .head else {
                return parts.refuse(exchange, .methodNotAllowed("GET, HEAD"))
            }
            show(route, request, exchange)
        }
    }

    /// What is only read.
    private func show(_ route: PublicRoute, _ request: borrowing Request, _ exchange: ExchangeID) {
        switch route {
        case .item(let range):
            server.mark(RequestKind.item)
            items.show(request, item: range, exchange: exchange)
        case .ticketEvents(let range):
            server.mark(RequestKind.stream)
            streams.openTicket(request, ticket: range, exchange: exchange)
        case .events:
            server.mark(RequestKind.stream)
            streams.openTickets(request, exchange: exchange)
        case .itemEvents(let range):
            server.mark(RequestKind.stream)
            streams.openItem(request, item: range, exchange: exchange)
        default:
            server.mark(RequestKind.health)
            parts.responder.respond(to: exchange) { response in
                if case .health(let page) = route { return health.render(page, into: &response) }
                response.contentType("application/json")
                response.body.append(PackageResources.openapi_json)
            }
        }
    }
}
