public import Base
public import Domain
public import EventLoop
public import HTTPServer
public import Store

// DESIGN
// The public listener of one loop. Everything here is one turn of the loop or a callback of the store; a request never
// changes thread. Purchases are collected per item and leave in one script call at the end of the turn. What can be
// answered from memory is (refusals of strangers after the end, polls); the checks come in the order of the contract,
// and whoever may hold a ticket is always answered by the store, so a lost 202 is found again in any state of the item.

/// Serves buyers on one loop.
public final class FrontDoor {
    let loop: EventLoop
    let store: Store
    let listener: StoreListener
    let log: any QueueLog
    let directory: ItemDirectory
    let codec: TicketCodec
    var figures = QueueFigures()
    private(set) var isDraining = false
    private(set) var isLeaving = false
    var server: HTTPServer!
    let build: BuildInfo
    private(set) var troubles: [String] = []

    var tracing: [ExchangeID: [UInt8]] = [:]
    var user = ByteBuffer(capacity: 256)
    var ticketText = ByteBuffer(capacity: 128)
    /// The ticket whose string `ticketText` holds.
    var spelled: Ticket?
    var holder = ByteBuffer(capacity: 256)
    var note = ByteBuffer()
    var jitter: SplitMix64
    var pollBudget: PollBudget
    var pollsMeasuredAt = MonotonicInstant(nanoseconds: 0)
    var dirty: [ItemEntry] = []
    var spareBatches: [PurchaseBatch] = []
    var pendingAdmissions = 0
    let batchLimit: Int

    /// - Parameters:
    ///   - batchLimit: purchases of one store call at most; with 1 nothing waits for a call that is under way.
    ///   - pollsPerSecond: of all who wait together, in all processes; nil: no bound.
    public init(
        loop: EventLoop, storeOptions: StoreOptions, authenticator: any TicketAuthenticator, build: BuildInfo,
        log: any QueueLog, seed: UInt64, batchLimit: Int = Limits.batch, pollsPerSecond: Int64? = nil
    ) {
        precondition((1...Limits.batch).contains(batchLimit))
        self.batchLimit = batchLimit
        pollBudget = PollBudget(perSecond: pollsPerSecond)
        self.loop = loop
        self.log = log
        self.build = build
        store = Store(loop: loop, options: storeOptions)
        listener = StoreListener(loop: loop, options: storeOptions, topics: [.changes])
        directory = ItemDirectory(loop: loop, store: store, listener: listener, log: log)
        codec = TicketCodec(authenticator: authenticator)
        jitter = SplitMix64(seed: seed)
        loop.lookAgain { [unowned self] in isWorthALook }
        loop.beforeSleep { [unowned self] in
            sendBatches()
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
        var hasBeenReady = false
        let check = { [unowned self] in
            if !hasBeenReady && isReady {
                hasBeenReady = true
                onReady()
            }
        }
        store.onReady = { [unowned self] in
            directory.storeUp()
            log.storeUp()
            check()
        }
        store.onDown = { [unowned self] reason in
            directory.storeDown()
            log.storeDown(reason: reason)
            if !hasBeenReady, let server = store.unsuitable { onUnsuitable?(server) }
        }
        store.tellImpairments(to: log)
        store.accompany(with: listener)
        listener.onFollowing = check
        listener.onDown = { [unowned self] _ in directory.interrupt() }
        store.start()
        listener.start()
    }

    public var port: UInt16 { server.port }

    /// Polls can be answered. Where only purchases are refused, a balancer that took this process out would take its
    /// polls with it.
    public var isReady: Bool { store.takesReads && listener.isFollowing && !isLeaving }
    public var impairments: [Impairment] { store.impairments }
    /// Before it was ever ready the server turned out to be none to work with.
    public var onUnsuitable: ((String) -> Void)?

    /// Says "not ready" from now on, and serves on.
    public func leave() { isLeaving = true }

    /// Lets go of the store and of all connections at once.
    public func close() {
        server?.close()
        store.close()
        listener.close()
    }

    /// Finishes what was begun, then calls `completion`. New connections are not taken any more.
    public func drain(within limit: TimeSpan, completion: @escaping () -> Void) {
        isLeaving = true
        isDraining = true
        server.drain(deadline: loop.now + limit, completion: completion)
    }

    public var currentFigures: QueueFigures {
        var copy = figures
        copy.server = server.statistics
        copy.rollbacks = directory.durability.rollbacks
        copy.emptied = directory.durability.lifeWatch.changes
        copy.impairments = store.impairments.map(\.cause)
        copy.times = server.times
        copy.lag = loop.lag.longest(now: loop.now)
        return copy
    }

    /// The figures of the items that this loop knows, of those that are shown; see `ItemFigures.merged`.
    public var itemFigures: [ItemFigures] {
        directory.mostWanted(Limits.itemsWatched).map { ItemFigures($0.name, $0.view.counters, $0.view.settings) }
    }

    /// Why it isn't ready, beside the store's absence.
    var ownReasons: [String] {
        (isLeaving ? ["stopping"] : [])
            + (store.isReady && !listener.isFollowing ? ["the store's messages can't be followed"] : [])
    }

    /// What is wrong with all of us, for whoever asks this process whether it is ready.
    public func tell(troubles: [String]) { self.troubles = troubles }

    /// Another bound of polls from now on; nil: none.
    public func limitPolls(to perSecond: Int64?) {
        guard perSecond != pollBudget.perSecond else { return }
        pollBudget.change(to: perSecond)
        pollsMeasuredAt = MonotonicInstant(nanoseconds: 0)
    }

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

    /// What all processes say of themselves, and how long ago they said it; nil when the store did not tell.
    public func nodes(completion: @escaping ([(json: String, age: TimeSpan)]?) -> Void) {
        store.nodes { result in
            let nodes = try? result.get()  // unheard: who asks is told nil, and asks again
            completion(nodes?.map { ($0.json, $0.age) })
        }
    }

    public func forget(node: String) { if store.isReady { store.removeNode(node) } }

    /// Looks whether the store can keep what is promised.
    public func checkPromise(isStrict: Bool, completion: @escaping (Store.PromiseCheck) -> Void) {
        store.checkPromise(isStrict: isStrict, completion: completion)
    }

    // MARK: Answers

    /// Answers an exchange, handing back the trace context it came with.
    func answer(_ exchange: ExchangeID, _ build: (inout Response) -> Void) {
        let trace = tracing.isEmpty ? nil : tracing.removeValue(forKey: exchange)
        server.respond(to: exchange) { response in
            if let trace { response.field("traceparent: ", trace) }
            build(&response)
        }
    }

    func refuse(_ exchange: ExchangeID, _ problem: Problem) {
        answer(exchange) { problem.render(into: &$0) }
    }

    func storeProblem(_ failure: StoreFailure) -> Problem {
        if failure == .unknownItem { return .unknownItem }
        figures.storeFailures += 1
        switch failure {
        case .unknownItem: return .unknownItem
        case .stale, .otherIncarnation: return .degraded
        case .unreachable, .outcomeUnknown, .refused, .unexpectedReply: return .storeUnavailable
        }
    }
}

/// What `/version` says.
public struct BuildInfo: Sendable {
    public var version: String
    public var commit: String
    public init(version: String, commit: String) {
        self.version = version
        self.commit = commit
    }
}

extension FrontDoor: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        rememberTrace(request, exchange)
        let route = request.withPath { PublicRoute($0) }
        switch route {
        case .purchases(let item):
            server.mark(RequestKind.purchase)
            guard request.method == .post else { return refuse(exchange, .methodNotAllowed("POST")) }
            buy(request, item: item, exchange: exchange)
        case .ticket(let range):
            switch request.method {
            case .get, .head:
                server.mark(RequestKind.poll)
                poll(request, ticket: range, exchange: exchange)
            case .delete:
                server.mark(RequestKind.cancel)
                leave(request, ticket: range, exchange: exchange)
            default: refuse(exchange, .methodNotAllowed("GET, HEAD, DELETE"))
            }
        case .unknown: refuse(exchange, .unknownRoute)
        default:
            guard request.method == .get || request.method == .head else {
                return refuse(exchange, .methodNotAllowed("GET, HEAD"))
            }
            switch route {
            case .item(let range):
                server.mark(RequestKind.item)
                view(request, item: range, exchange: exchange)
            default:
                server.mark(RequestKind.health)
                tellOfItself(route, exchange: exchange)
            }
        }
    }

    private func rememberTrace(_ request: borrowing Request, _ exchange: ExchangeID) {
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
        if case .some(.some(let trace)) = trace { tracing[exchange] = trace }
    }
}

extension Problem {
    static func methodNotAllowed(_ allowed: StaticString) -> Problem {
        .methodNotAllowed(allowed: StaticText(value: allowed))
    }
}
