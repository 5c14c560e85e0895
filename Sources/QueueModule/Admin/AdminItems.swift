import Base
import Domain
import HTTPServer
import Sodium
import Store

/// Shows items to operators and changes them. Every read goes through the directory, and so into the cache of buyers.
final class AdminItems {
    private static let pageSize = 100
    private let parts: EndpointParts

    init(_ parts: EndpointParts) { self.parts = parts }

    private func refuse(_ exchange: ExchangeID, _ problem: Problem) { parts.refuse(exchange, problem) }

    func put(_ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let change: ItemChange
        do throws(JSONError) {
            change = try request.withBody { (body) throws(JSONError) in try AdminBodies.itemChange(body) }
        } catch {
            return refuse(exchange, .invalidRequest(error.description))
        }
        let (condition, query) = (ItemCondition(request), request.withQuery { String(utf8: $0) }.split(separator: "&"))
        // A store that was emptied a moment ago does not have the records of all processes that remember its items.
        let watch = parts.directory.durability.lifeWatch
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
        parts.directory.read(name) { before = try? $0.get() }  // answered first: replies come in the order of calls
        parts.store.put(
            keys, change, onlyIf: condition, incarnation: incarnation, salt: Array(random[8...]), creation: creation
        ) { [unowned self] result in
            switch result {
            case .success(.notYet): refuse(exchange, .degraded)
            case .success(.lostBefore(let units)): refuse(exchange, .itemLost(units))
            case .failure(let failure):
                if failure == .outcomeUnknown { parts.audit(.uncertain(caller, "put", name)) }
                parts.refuse(exchange, after: failure)
            case .success(.belowHeldAndSold(let units)): refuse(exchange, .belowHeldAndSold(units))
            case .success(.changedMeanwhile): refuse(exchange, .changedMeanwhile)
            case .success(.closesBeforeItOpens): refuse(exchange, .closesBeforeItOpens)
            case .success(.stockMissing): refuse(exchange, .stockMissing)
            case .success(.created), .success(.updated):
                let isNew = result == .success(.created)
                show(name, exchange, status: isNew ? 201 : 200) { [unowned self] after in
                    parts.audit(
                        AuditEntry(caller, isNew ? "create" : "update", name, before: before, after: after))
                }
            }
        }
    }

    func alter(
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
        parts.directory.read(name) { before = try? $0.get() }  // answered first: replies come in the order of calls
        parts.store.alter(keys, wanted.alteration, key: wanted.key, drainPerSecond: drainPerSecond(of: name)) {
            [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { parts.audit(.uncertain(caller, action, name)) }
                let isSafe = failure != .outcomeUnknown || wanted.isRepeatable
                refuse(exchange, isSafe ? parts.failures.problem(failure) : .outcomeUnknown)
            case .success(.keyUsed): refuse(exchange, .keyUsed)
            case .success(.tooMuchStock(let room)): refuse(exchange, .stockLimit(room: room))
            case .success(.nothingToResume): refuse(exchange, .nothingToResume)
            case .success(.done(let done)):
                if !done.isReplay {
                    parts.audit(AuditEntry(caller, action, name, before: before, after: done.item))
                }
                let item = ItemBody(
                    name: name, snapshot: done.item, storeTime: done.item.storeTime,
                    drainPerSecond: done.drainPerSecond, thawed: done.thawed)
                show(item, exchange, isReplay: done.isReplay)
            }
        }
    }

    /// - Parameter onRead: gets what was read, nil when it could not be.
    func show(
        _ name: ItemName, _ exchange: ExchangeID, status: Int = 200,
        onRead: @escaping (ItemSnapshot?) -> Void = { _ in }
    ) {
        parts.directory.read(name) { [unowned self] result in
            onRead(try? result.get())  // unheard: the audit then shows less
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let snapshot): show(body(name, snapshot), exchange, status: status)
            }
        }
    }

    private func show(_ item: ItemBody, _ exchange: ExchangeID, status: Int = 200, isReplay: Bool = false) {
        parts.responder.respond(to: exchange) { response in
            response.status = status
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.field("ETag: ", "W/\"\(item.snapshot.edition)\"")
            if isReplay { response.field("Idempotency-Replayed: true") }
            response.body.appendJSON { item.write(to: &$0, withCounters: true) }
        }
    }

    private func drainPerSecond(of name: ItemName) -> Int64 {
        Int64((parts.directory.entry(named: name)?.view.drainPerSecond(now: parts.now) ?? 0).rounded())
    }

    private func body(_ name: ItemName, _ snapshot: ItemSnapshot) -> ItemBody {
        ItemBody(
            name: name, snapshot: snapshot, storeTime: snapshot.storeTime, drainPerSecond: drainPerSecond(of: name))
    }

    /// One page of items by name; `?cursor=` is the last name of the page before.
    func list(_ request: borrowing Request, _ exchange: ExchangeID) {
        let query = request.withQuery { String(utf8: $0) }
        let cursor = query.split(separator: "&").first { $0.hasPrefix("cursor=") }.map { String($0.dropFirst(7)) } ?? ""
        guard parts.store.isReady else { return listRemembered(after: cursor, exchange) }
        parts.store.itemNames { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let names):
                let later = names.map(\.description).sorted().filter { $0 > cursor }
                let page = later.prefix(Self.pageSize).compactMap { ItemName($0) }
                collect(page, next: later.count > page.count ? page.last?.description : nil, exchange)
            }
        }
    }

    private func collect(_ names: [ItemName], next: String?, _ exchange: ExchangeID) {
        var items = [ItemBody?](repeating: nil, count: names.count)
        var failure: StoreFailure?
        var left = names.count
        let finish = { [unowned self] in
            if let failure { return parts.refuse(exchange, after: failure) }
            show(items.compactMap { $0 }, next: next, exchange)
        }
        guard !names.isEmpty else { return finish() }
        for (index, name) in names.enumerated() {
            parts.directory.read(name) { [unowned self] result in
                switch result {
                case .success(let snapshot): items[index] = body(name, snapshot)
                case .failure(.unknownItem): break
                case .failure(let why): failure = why
                }
                left -= 1
                if left == 0 { finish() }
            }
        }
    }

    /// One page of the items that this process remembers.
    private func listRemembered(after cursor: String, _ exchange: ExchangeID) {
        let later = parts.directory.entries.filter { $0.name.description > cursor }
            .sorted { $0.name.description < $1.name.description }
        let page = later.prefix(Self.pageSize)
        show(
            page.map { body($0.name, $0.view.snapshot) },
            next: later.count > page.count ? page.last?.name.description : nil, exchange,
            age: parts.now - (parts.directory.storeLostAt ?? parts.now))
    }

    /// - Parameter age: of items that are shown from memory, because the store is away.
    private func show(_ items: [ItemBody], next: String?, _ exchange: ExchangeID, age: TimeSpan? = nil) {
        parts.responder.respondJSON(to: exchange) { json in
            json.beginObject()
            json.key("items")
            json.beginArray()
            for item in items { item.write(to: &json, withCounters: true) }
            json.endArray()
            json.field("next_cursor", next)
            if let age {
                json.field("stale", true)
                json.field("age_ms", age.wholeMilliseconds)
            }
            json.endObject()
        }
    }
}
