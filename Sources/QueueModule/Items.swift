import Base
import Domain
import EventLoop
import HTTPServer
import Store

// What anybody may see: items, health, the build.
extension FrontDoor {
    func view(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        guard let entry = request.withPath({ directory.entry(named: $0.extracting(range)) }) else {
            return viewUnknown(request, item: range, exchange: exchange)
        }
        guard mayShow(entry) else { return viewFresh(entry, copyOfTags(request), exchange) }
        let tag = describe(entry)
        show(entry, isKnown: request.withHeader(.ifNoneMatch) { ItemPage.matches($0, tag) } ?? false, exchange)
    }

    /// Whether what is remembered may be told: it is current, or the store has been away for a few seconds only.
    private func mayShow(_ entry: ItemEntry) -> Bool {
        if entry.view.isCurrent && loop.now - entry.view.readAt < Limits.itemAge { return true }
        return !store.isReady && loop.now - (directory.storeLostAt ?? loop.now) <= Limits.staleAnswers
    }

    private func viewUnknown(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        guard let name = request.withPath({ itemName($0, range) }) else {
            return refuse(exchange, .unknownItem)
        }
        let tags = copyOfTags(request)
        directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(exchange, storeProblem(failure))
            case .success(let entry): show(entry, tags, exchange)
            }
        }
    }

    private func viewFresh(_ entry: ItemEntry, _ tags: [UInt8]?, _ exchange: ExchangeID) {
        guard store.isReady else { return refuse(exchange, .storeUnavailable) }
        directory.refresh(entry) { [unowned self] failure in
            if let failure { return refuse(exchange, storeProblem(failure)) }
            show(entry, tags, exchange)
        }
    }

    private func copyOfTags(_ request: borrowing Request) -> [UInt8]? {
        request.withHeader(.ifNoneMatch) { tags in tags.indices.map { tags[$0] } }
    }

    private func show(_ entry: ItemEntry, _ tags: [UInt8]?, _ exchange: ExchangeID) {
        let tag = describe(entry)
        show(entry, isKnown: tags.map { ItemPage.matches($0.span, tag) } ?? false, exchange)
    }

    /// Brings the item's page up to now and returns its tag.
    private func describe(_ entry: ItemEntry) -> [UInt8] {
        let rate = entry.view.drainPerSecond(now: loop.now) ?? 0
        let body = ItemBody(
            name: entry.name, snapshot: entry.view.snapshot, storeTime: entry.view.storeTime(now: loop.now),
            drainPerSecond: Int64(rate.rounded()))
        entry.page.update(to: body)
        return entry.page.tag
    }

    /// - Parameter isKnown: the client has the page that this tag stands for.
    private func show(_ entry: ItemEntry, isKnown: Bool, _ exchange: ExchangeID) {
        answer(exchange) { response in
            response.field("Cache-Control: public, max-age=1")
            response.field("ETag: ", entry.page.tag)
            if isKnown {
                response.status = 304
                return
            }
            response.contentType("application/json")
            response.body.append(entry.page.body)
        }
    }

    func tellOfItself(_ route: PublicRoute, exchange: ExchangeID) {
        answer(exchange) { [unowned self] response in render(route, into: &response) }
    }

    /// Health or build, on whichever listener it is asked for.
    func render(_ route: PublicRoute, into response: inout Response) {
        response.contentType("application/json")
        if route == .openAPI { return response.body.append(PackageResources.openapi_json) }
        response.field("Cache-Control: no-store")
        if route == .readyz, !isReady { response.status = 503 }
        response.body.appendJSON { json in
            json.beginObject()
            switch route {
            case .livez: json.field("status", constant: "alive")
            case .version:
                json.field("name", constant: "sluice-queue")
                json.field("version", build.version)
                json.field("commit", build.commit)
            default: writeReadiness(to: &json)
            }
            json.endObject()
        }
    }

    private func writeReadiness(to json: inout JSONWriter) {
        json.field("ready", isReady)
        json.key("reasons")
        json.beginArray()
        if isLeaving { json.string("stopping") }
        if !store.isReady { json.string("store: \(store.downReason ?? "not connected yet")") }
        if store.isReady && !listener.isFollowing { json.string("store: its messages can't be followed") }
        for impairment in impairments where impairment.stopsReads { json.string("store: \(impairment)") }
        json.endArray()
        json.key("impaired")
        json.beginArray()
        for impairment in impairments { json.string("store: \(impairment)") }
        for trouble in troubles { json.string(trouble) }
        json.endArray()
    }
}
