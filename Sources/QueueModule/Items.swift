import Base
import Domain
import EventLoop
import HTTPServer
import Store

// What anybody may see: items, health, the build.
extension FrontDoor {
    func view(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        let ifNoneMatch = request.header(.ifNoneMatch)
        guard let name = request.withPath({ ItemName($0.extracting(range)) }) else {
            return refuse(exchange, .unknownItem)
        }
        guard let entry = directory.entry(named: name) else {
            directory.lookUp(name) { [unowned self] result in
                switch result {
                case .failure(let failure): refuse(exchange, storeProblem(failure))
                case .success(let entry): show(entry, ifNoneMatch, exchange)
                }
            }
            return
        }
        let age = loop.now - entry.view.readAt
        if entry.view.isCurrent && age < Limits.itemAge { return show(entry, ifNoneMatch, exchange) }
        guard store.isReady else {
            let lost = loop.now - (directory.storeLostAt ?? loop.now)
            return lost > Limits.staleAnswers
                ? refuse(exchange, .storeUnavailable) : show(entry, ifNoneMatch, exchange)
        }
        directory.refresh(entry) { [unowned self] failure in
            if let failure { return refuse(exchange, storeProblem(failure)) }
            show(entry, ifNoneMatch, exchange)
        }
    }

    private func show(_ entry: ItemEntry, _ ifNoneMatch: String?, _ exchange: ExchangeID) {
        let rate = entry.view.drainPerSecond(now: loop.now) ?? 0
        let body = ItemBody(
            name: entry.name, snapshot: entry.view.snapshot, storeTime: entry.view.storeTime(now: loop.now),
            drainPerSecond: Int64(rate.rounded()))
        var tagged = ByteBuffer(capacity: 512)
        tagged.appendJSON { body.write(to: &$0, withTime: false) }
        let tag = tagged.withSpan { ItemBody.tag(of: $0) }
        answer(exchange) { response in
            response.field("Cache-Control: public, max-age=1")
            response.field("ETag: ", tag)
            if let ifNoneMatch, ifNoneMatch == "*" || ifNoneMatch.contains(tag) {
                response.status = 304
                return
            }
            response.contentType("application/json")
            response.body.appendJSON { body.write(to: &$0) }
        }
    }

    func tellOfItself(_ route: PublicRoute, exchange: ExchangeID) {
        switch route {
        case .livez: answerJSON(exchange, 200) { $0.field("status", constant: "alive") }
        case .version:
            answerJSON(exchange, 200) { [build] json in
                json.field("name", constant: "sluice-queue")
                json.field("version", build.version)
                json.field("commit", build.commit)
            }
        case .openAPI:
            answer(exchange) { response in
                response.contentType("application/json")
                response.body.append(PackageResources.openapi_json)
            }
        default: tellReadiness(exchange)
        }
    }

    private func tellReadiness(_ exchange: ExchangeID) {
        answerJSON(exchange, isReady ? 200 : 503) { [unowned self] json in
            json.field("ready", isReady)
            json.key("reasons")
            json.beginArray()
            if isLeaving { json.string("stopping") }
            if !store.isReady { json.string("store: \(store.downReason ?? "not connected yet")") }
            if store.isReady && !listener.isFollowing { json.string("store: its messages can't be followed") }
            json.endArray()
        }
    }

    func answerJSON(_ exchange: ExchangeID, _ status: Int, _ fields: (inout JSONWriter) -> Void) {
        answer(exchange) { response in
            response.status = status
            response.contentType("application/json")
            response.field("Cache-Control: no-store")
            response.body.appendJSON { json in
                json.beginObject()
                fields(&json)
                json.endObject()
            }
        }
    }
}
