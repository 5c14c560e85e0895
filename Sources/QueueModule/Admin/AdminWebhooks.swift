import Base
import Domain
import EventLoop
import HTTPServer
import Operations
import Sodium
import Store

/// Lets operators make and change the webhooks to shops, look at what is not delivered, and have it sent again.
final class AdminWebhooks {
    private let parts: EndpointParts

    init(_ parts: EndpointParts) { self.parts = parts }

    // MARK: Settings

    func list(_ exchange: ExchangeID) {
        parts.store.webhookNames { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let names): collect(names, exchange)
            }
        }
    }

    private func collect(_ names: [WebhookName], _ exchange: ExchangeID) {
        var found: [Store.WebhookView] = []
        var failure: StoreFailure?
        var left = names.count
        let finish = { [unowned self] in
            if let failure { return parts.refuse(exchange, after: failure) }
            parts.responder.respondJSON(to: exchange) { json in
                json.beginObject()
                json.list("webhooks", found) { json, webhook in WebhookBodies.write(webhook, to: &json) }
                json.endObject()
            }
        }
        guard !names.isEmpty else { return finish() }
        for name in names {
            parts.store.webhook(name) { result in
                switch result {
                case .failure(let why): failure = why
                case .success(let webhook): if let webhook { found.append(webhook) }
                }
                left -= 1
                if left == 0 { finish() }
            }
        }
    }

    func show(_ name: WebhookName, _ exchange: ExchangeID) { show(name, secret: nil, status: 200, exchange) }

    private func show(
        _ name: WebhookName, secret: String?, status: Int, isReplay: Bool = false, _ exchange: ExchangeID
    ) {
        parts.store.webhook(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(nil): parts.refuse(exchange, .unknownWebhook)
            case .success(let webhook?):
                parts.responder.respond(to: exchange) { response in
                    response.status = status
                    response.contentType("application/json")
                    response.field("Cache-Control: no-store")
                    if isReplay { response.field("Idempotency-Replayed: true") }
                    response.body.appendJSON { WebhookBodies.write(webhook, secret: secret, to: &$0) }
                }
            }
        }
    }

    func put(_ name: WebhookName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let change: Store.WebhookChange
        do throws(JSONError) {
            change = try request.withBody { (body) throws(JSONError) in try WebhookBodies.change(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        // A new webhook begins with what happens from now on.
        parts.store.feedEnd { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let cursor): put(name, change, from: cursor?.text ?? "", exchange, caller)
            }
        }
    }

    private func put(
        _ name: WebhookName, _ change: Store.WebhookChange, from cursor: String, _ exchange: ExchangeID,
        _ caller: Caller
    ) {
        let secret = Self.freshSecret()
        let mark = Sodium.Secret.random(count: 8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let birth = Store.WebhookBirth(
            secret: secret, mark: "\(mark)", now: parts.loop.wallNow, cursor: cursor)
        parts.store.put(name, change, birth: birth) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(caller, "put webhook", name, isCertain: false) }
                parts.refuse(exchange, after: failure)
            case .success(.tooMany): parts.refuse(exchange, .webhookLimit)
            case .success(.urlMissing):
                parts.refuse(exchange, .invalidRequest("url is missing: a new webhook needs one"))
            case .success(.created):
                audit(caller, "create webhook", name, change.audited)
                show(name, secret: secret.exposed, status: 201, exchange)
            case .success(.updated):
                audit(caller, "update webhook", name, change.audited)
                show(name, secret: nil, status: 200, exchange)
            }
        }
    }

    private static func freshSecret() -> Operations.Secret<String> {
        Operations.Secret("whsec_" + Base64.encode(Sodium.Secret.random(count: 32)))
    }

    func remove(_ name: WebhookName, _ exchange: ExchangeID, _ caller: Caller) {
        parts.store.remove(name) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(caller, "delete webhook", name, isCertain: false) }
                parts.refuse(exchange, after: failure)
            case .success(false): parts.refuse(exchange, .unknownWebhook)
            case .success(true):
                audit(caller, "delete webhook", name)
                parts.responder.respond(to: exchange) { response in
                    response.status = 204
                    response.field("Cache-Control: no-store")
                }
            }
        }
    }

    func rotate(_ name: WebhookName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let key: String
        do throws(JSONError) {
            try ItemAction.checkKey(of: request)
            try request.withBody { (body) throws(JSONError) in try AdminBodies.nothing(body) }
            key = request.withHeader(.idempotencyKey) { String(utf8: $0) } ?? ""
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        let until = parts.loop.wallNow + Limits.webhookFormerSecret
        parts.store.rotateSecret(of: name, to: Self.freshSecret(), formerUntil: until, key: key) {
            [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(caller, "rotate webhook", name, isCertain: false) }
                parts.refuse(
                    exchange,
                    failure == .outcomeUnknown && key.isEmpty ? .outcomeUnknown : parts.failures.problem(failure))
            case .success(.unknown): parts.refuse(exchange, .unknownWebhook)
            case .success(.rotated(let secret, let isReplay)):
                if !isReplay { audit(caller, "rotate webhook", name) }
                show(name, secret: secret.exposed, status: 200, isReplay: isReplay, exchange)
            }
        }
    }

    // MARK: Deliveries

    /// One page of what is pending (the default) or dead; `?cursor=` is that of the page before.
    func deliveries(_ name: WebhookName, _ request: borrowing Request, _ exchange: ExchangeID) {
        let query = request.withQuery { String(utf8: $0) }.split(separator: "&").map(String.init)
        func value(_ name: String) -> String? {
            query.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        let (state, cursor) = (value("state") ?? "pending", value("cursor"))
        guard ["pending", "dead"].contains(state) else {
            return parts.refuse(exchange, .invalidRequest("state must be pending or dead"))
        }
        guard cursor.map({ UInt64($0) != nil }) ?? true else {
            return parts.refuse(exchange, .invalidRequest("cursor must be the next_cursor of the page before"))
        }
        let isDead = state == "dead"
        parts.store.webhook(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(nil): parts.refuse(exchange, .unknownWebhook)
            case .success: showLetters(of: name, isDead: isDead, after: cursor, exchange)
            }
        }
    }

    private func showLetters(of name: WebhookName, isDead: Bool, after cursor: String?, _ exchange: ExchangeID) {
        parts.store.letters(of: name, areDead: isDead, after: cursor) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let page):
                let events = page.events.sorted { $0.order < $1.order }
                parts.responder.respond(to: exchange) { response in
                    response.contentType("application/json")
                    response.field("Cache-Control: no-store")
                    response.body.append("{\"deliveries\":[")
                    for (index, event) in events.enumerated() {
                        if index > 0 { response.body.append(",") }
                        WebhookBodies.append(event, isDead: isDead, to: &response.body)
                    }
                    response.body.append("],\"next_cursor\":")
                    response.body.appendJSON { json in
                        if let next = page.next { json.string(next) } else { json.null() }
                    }
                    response.body.append("}")
                }
            }
        }
    }

    func replay(_ name: WebhookName, _ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let wanted: WebhookBodies.Replay
        do throws(JSONError) {
            try ItemAction.checkKey(of: request)
            wanted = try request.withBody { (body) throws(JSONError) in try WebhookBodies.replay(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        switch wanted {
        case .dead: replayDead(name, taken: 0, exchange, caller)
        case .after(let cursor):
            parts.store.replay(name, after: cursor) { [unowned self] in
                replayed($0, name, "after=\(cursor)", taken: 0, exchange, caller)
            }
        }
    }

    /// In slices, until all are taken or no more may be pending.
    private func replayDead(_ name: WebhookName, taken before: Int64, _ exchange: ExchangeID, _ caller: Caller) {
        parts.store.replayDead(of: name) { [unowned self] result in
            if case .success(.done(let taken, let left)) = result, taken > 0, left > 0 {
                return replayDead(name, taken: before + taken, exchange, caller)
            }
            replayed(result, name, "dead=true", taken: before, exchange, caller)
        }
    }

    private func replayed(
        _ result: Result<Store.WebhookReplay, StoreFailure>, _ name: WebhookName, _ what: String, taken before: Int64,
        _ exchange: ExchangeID, _ caller: Caller
    ) {
        switch result {
        case .failure(let failure):
            if failure == .outcomeUnknown { audit(caller, "replay webhook", name, isCertain: false) }
            parts.refuse(exchange, after: failure)
        case .success(.unknown): parts.refuse(exchange, .unknownWebhook)
        case .success(.done(let taken, let left)):
            audit(caller, "replay webhook", name, what)
            parts.responder.respondJSON(to: exchange) { json in
                json.beginObject()
                json.field("taken", before + taken)
                json.field("left", left)
                json.endObject()
            }
        }
    }

    private func audit(
        _ caller: Caller, _ action: String, _ name: WebhookName, _ what: String = "", isCertain: Bool = true
    ) {
        let after = "webhook=\(name)" + (what.isEmpty ? "" : " \(what)")
        parts.audit(
            AuditEntry(
                action: action, item: "", who: caller.who, peer: caller.peer, before: "",
                after: isCertain ? after : nil, isCertain: isCertain))
    }
}

extension Store.WebhookChange {
    /// For the log. A URL may have a secret in its path.
    fileprivate var audited: String {
        var parts: [String] = []
        if url != nil { parts.append("url=***") }
        if let types { parts.append("types=\(types.isEmpty ? "all" : types.joined(separator: ","))") }
        if let items {
            parts.append("items=\(items.isEmpty ? "all" : items.map(\.description).joined(separator: ","))")
        }
        if let isDisabled { parts.append("disabled=\(isDisabled)") }
        return parts.joined(separator: " ")
    }
}
