public import Base
public import Domain
public import EventLoop
public import HTTPServer
import Sodium
import Store

/// Serves operators, on the first loop of a queue process: items, nodes, metrics. Every route asks for the token, but
/// for health and build; the metrics take a token of their own as well.
public final class AdminDesk {
    let door: FrontDoor
    let token: [UInt8]
    /// Opens the metrics and nothing else; nil: none.
    let metricsToken: [UInt8]?
    var logins = LoginGuard()
    /// What this process knows of all others.
    public let watch: ClusterWatch
    private let metrics: MetricsSource
    /// What holds where no operator has set anything; polls a second.
    let pollBudget: Int64?
    /// Operators set something.
    public var onSwitches: ((Switches) -> Void)?
    private(set) var server: HTTPServer!
    static let pageSize = 100

    /// Writes the metrics of all loops as the value of `Accept` asks for, then calls back on this loop.
    public typealias MetricsSource = (_ accept: String?, @escaping (MetricsText) -> Void) -> Void

    /// - Parameter pollBudget: of the configuration, polls a second; nil: none.
    public init(
        door: FrontDoor, token: [UInt8], metricsToken: [UInt8]? = nil, pollBudget: Int64? = nil,
        metrics: @escaping MetricsSource
    ) {
        self.pollBudget = pollBudget
        self.door = door
        watch = ClusterWatch(door: door)
        self.token = token
        self.metricsToken = metricsToken
        self.metrics = metrics
    }

    public func start(address: String, port: UInt16) throws(SystemError) {
        server = try HTTPServer(
            loop: door.loop, address: address, port: port, limits: .adminListener, handler: self, reusePort: false)
    }

    public var port: UInt16 { server.port }

    /// Logins that failed since the start.
    public var failedLogins: UInt64 { logins.failures }

    func peer(of exchange: ExchangeID) -> Peer? { server.peer(of: exchange) }

    /// Lets go of all connections at once.
    public func close() { server?.close() }

    public func drain(within limit: TimeSpan, completion: @escaping () -> Void) {
        server.drain(deadline: door.loop.now + limit, completion: completion)
    }

    // MARK: Answers

    func refuse(_ exchange: ExchangeID, _ problem: Problem) {
        server.respond(to: exchange) { problem.render(into: &$0) }
    }

    func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        server.respond(to: exchange, build)
    }

    func answer(_ exchange: ExchangeID, status: Int = 200, _ body: (inout JSONWriter) -> Void) {
        server.respond(to: exchange) { response in
            response.status = status
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.body.appendJSON { body(&$0) }
        }
    }
}

extension AdminDesk: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let route = AdminRoute(request.withPath { String(utf8: $0) })
        let method = request.method == .head ? Method.get : request.method
        if case .ofItself(let page) = route { return tellOfItself(page, request.method, exchange) }
        if route == .metrics, method == .get {
            if mayScrape(request, exchange) { page(exchange, accept: request.header(.accept)) }
            return
        }
        guard let caller = caller(of: request, exchange) else { return }
        switch (route, method) {
        case (.nodes, .get): watch.look { [unowned self] in showNodes(exchange) }
        case (.health, .get): watch.look { [unowned self] in showHealth(exchange) }
        case (.settings, .get): showSettings(exchange)
        case (.settings, .put): putSettings(request, exchange, caller)
        case (.resetCapacity(let name), .post): resetCapacity(name, exchange, caller)
        case (.settings, _): refuse(exchange, .methodNotAllowed("GET, HEAD, PUT"))
        case (.items, .get): list(request, exchange)
        case (.item(let name), .get): withName(name, exchange) { show($0, exchange) }
        case (.item(let name), .put): withName(name, exchange) { put($0, request, exchange, caller) }
        case (.action(let action, let name), .post):
            withName(name, exchange) { alter($0, action, request, exchange, caller) }
        case (.unknown, _): refuse(exchange, .unknownRoute)
        case (.item, _): refuse(exchange, .methodNotAllowed("GET, HEAD, PUT"))
        case (.action, _), (.resetCapacity, _): refuse(exchange, .methodNotAllowed("POST"))
        default: refuse(exchange, .methodNotAllowed("GET, HEAD"))
        }
    }

    /// What everybody may know: a balancer or a scraper holds no key to the sale.
    private func tellOfItself(_ page: PublicRoute, _ method: Method, _ exchange: ExchangeID) {
        guard method == .get || method == .head else { return refuse(exchange, .methodNotAllowed("GET, HEAD")) }
        server.respond(to: exchange) { door.render(page, into: &$0) }
    }

    private func withName(_ text: String, _ exchange: ExchangeID, _ body: (ItemName) -> Void) {
        guard let name = itemName(text) else {
            return refuse(exchange, .invalidRequest("an item's name is 1 to 64 of A-Z, a-z, 0-9, _ and -"))
        }
        body(name)
    }

    // MARK: Items

    private func put(
        _ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller
    ) {
        let change: ItemChange
        do throws(JSONError) {
            change = try request.withBody { (body) throws(JSONError) in try AdminBodies.itemChange(body) }
        } catch {
            return refuse(exchange, .invalidRequest(error.description))
        }
        let (condition, query) = (ItemCondition(request), request.withQuery { String(utf8: $0) }.split(separator: "&"))
        // A store that was emptied a moment ago has not heard of everybody who remembers its items.
        let watch = door.directory.durability.lifeWatch
        watch.check { [unowned self] isSame in
            guard isSame != nil else { return refuse(exchange, .storeUnavailable) }
            let creation = query.contains("as_new=true") ? Store.Creation.asNew : .ofTheFirst
            put(name, change, condition, watch.isUnsettled ? .refused : creation, exchange, caller)
        }
    }

    private func put(
        _ name: ItemName, _ change: ItemChange, _ condition: ItemCondition, _ creation: Store.Creation,
        _ exchange: ExchangeID, _ caller: Caller
    ) {
        let (keys, random) = (ItemKeys(name), Secret.random(count: 24))
        let incarnation = random[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var before: ItemSnapshot?
        door.store.inspect(keys) { before = try? $0.get() }  // answered first: the calls stand in a row
        door.store.put(
            keys, change, onlyIf: condition, incarnation: incarnation, salt: Array(random[8...]), creation: creation
        ) { [unowned self] result in
            switch result {
            case .success(.notYet): refuse(exchange, .degraded)
            case .success(.lostBefore(let units)): refuse(exchange, .itemLost(units))
            case .failure(let failure):
                if failure == .outcomeUnknown { auditUncertain(caller, "put", name) }
                refuse(exchange, door.storeProblem(failure))
            case .success(.belowHeldAndSold(let units)): refuse(exchange, .belowHeldAndSold(units))
            case .success(.changedMeanwhile): refuse(exchange, .changedMeanwhile)
            case .success(.closesBeforeItOpens): refuse(exchange, .closesBeforeItOpens)
            case .success(.stockMissing): refuse(exchange, .stockMissing)
            case .success(.created), .success(.updated):
                let isNew = result == .success(.created)
                show(name, exchange, status: isNew ? 201 : 200) { [unowned self] after in
                    audit(caller, isNew ? "create" : "update", name, before: before, after: after)
                }
            }
        }
    }

    private func alter(
        _ name: ItemName, _ action: String, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller
    ) {
        let wanted: ItemAction
        do throws(JSONError) {
            wanted = try ItemAction(named: action, request)
        } catch {
            return refuse(exchange, .invalidRequest(error.description))
        }
        let keys = ItemKeys(name)
        var before: ItemSnapshot?
        door.store.inspect(keys) { before = try? $0.get() }  // answered first: the calls stand in a row
        door.store.alter(keys, wanted.alteration, key: wanted.key, drainPerSecond: drainPerSecond(of: name)) {
            [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { auditUncertain(caller, action, name) }
                let isSafe = failure != .outcomeUnknown || wanted.isRepeatable
                refuse(exchange, isSafe ? door.storeProblem(failure) : .outcomeUnknown)
            case .success(.keyUsed): refuse(exchange, .keyUsed)
            case .success(.tooMuchStock(let room)): refuse(exchange, .stockLimit(room: room))
            case .success(.nothingToResume): refuse(exchange, .nothingToResume)
            case .success(.done(let done)):
                if !done.isReplay { audit(caller, action, name, before: before, after: done.item) }
                let item = ItemBody(
                    name: name, snapshot: done.item, storeTime: done.item.storeTime,
                    drainPerSecond: done.drainPerSecond, thawed: done.thawed)
                show(item, exchange, isReplay: done.isReplay)
            }
        }
    }

    /// - Parameters:
    ///   - thawed: what the item was frozen by, and is not any more.
    ///   - onRead: gets what was read, nil when it could not be.
    private func show(
        _ name: ItemName, _ exchange: ExchangeID, status: Int = 200,
        onRead: @escaping (ItemSnapshot?) -> Void = { _ in }
    ) {
        door.store.inspect(ItemKeys(name)) { [unowned self] result in
            onRead(try? result.get())  // unheard: the answer then shows less
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success(let snapshot): show(body(name, snapshot), exchange, status: status)
            }
        }
    }

    private func show(_ item: ItemBody, _ exchange: ExchangeID, status: Int = 200, isReplay: Bool = false) {
        server.respond(to: exchange) { response in
            response.status = status
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.field("ETag: ", "W/\"\(item.snapshot.edition)\"")
            if isReplay { response.field("Idempotency-Replayed: true") }
            response.body.appendJSON { item.write(to: &$0, withCounters: true) }
        }
    }

    private func drainPerSecond(of name: ItemName) -> Int64 {
        Int64((door.directory.entry(named: name)?.view.drainPerSecond(now: door.loop.now) ?? 0).rounded())
    }

    func body(_ name: ItemName, _ snapshot: ItemSnapshot) -> ItemBody {
        ItemBody(
            name: name, snapshot: snapshot, storeTime: snapshot.storeTime, drainPerSecond: drainPerSecond(of: name))
    }

    /// One page of items by name; `?cursor=` is the last name of the page before.
    private func list(_ request: borrowing Request, _ exchange: ExchangeID) {
        let query = request.withQuery { String(utf8: $0) }
        let cursor = query.split(separator: "&").first { $0.hasPrefix("cursor=") }.map { String($0.dropFirst(7)) } ?? ""
        guard door.store.isReady else { return listRemembered(after: cursor, exchange) }
        door.store.itemNames { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(exchange, door.storeProblem(failure))
            case .success(let names):
                let rest = names.map(\.description).sorted().filter { $0 > cursor }
                let page = rest.prefix(Self.pageSize).compactMap { ItemName($0) }
                collect(page, next: rest.count > page.count ? page.last?.description : nil, exchange)
            }
        }
    }

    private func collect(_ names: [ItemName], next: String?, _ exchange: ExchangeID) {
        var snapshots = [ItemSnapshot?](repeating: nil, count: names.count)
        var failure: StoreFailure?
        var left = names.count
        let finish = { [unowned self] in
            if let failure { return refuse(exchange, door.storeProblem(failure)) }
            answer(exchange) { json in
                json.beginObject()
                json.key("items")
                json.beginArray()
                for (index, snapshot) in snapshots.enumerated() {
                    if let snapshot { body(names[index], snapshot).write(to: &json, withCounters: true) }
                }
                json.endArray()
                json.field("next_cursor", next)
                json.endObject()
            }
        }
        guard !names.isEmpty else { return finish() }
        for (index, name) in names.enumerated() {
            door.store.inspect(ItemKeys(name)) { result in
                switch result {
                case .success(let snapshot): snapshots[index] = snapshot
                case .failure(.unknownItem): break
                case .failure(let why): failure = why
                }
                left -= 1
                if left == 0 { finish() }
            }
        }
    }

    // MARK: Metrics

    private func page(_ exchange: ExchangeID, accept: String?) {
        metrics(accept) { [unowned self] page in
            server.respond(to: exchange) { response in
                response.contentType(page.contentType)
                response.body.append(page.bytes)
            }
        }
    }
}
