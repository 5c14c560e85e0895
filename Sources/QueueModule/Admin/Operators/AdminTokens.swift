import Base
import Domain
import EventLoop
import HTTPServer
import Operations
import Store

/// Makes, lists and revokes the tokens of operators, and shows what was done with them.
final class AdminTokens {
    private let parts: EndpointParts
    private let book: OperatorBook

    init(_ parts: EndpointParts, book: OperatorBook) { (self.parts, self.book) = (parts, book) }

    // MARK: Making

    struct Draft {
        var role: OperatorRole?
        var items: [ItemName] = []
        var expiresAt: WallInstant?
    }

    private static let fields = StrictObject<Draft>([
        .init("role") { (json, draft) throws(JSONError) in
            guard let role = OperatorRole(rawValue: json.copy(try json.string())) else {
                throw json.failure(.mustBe("\"viewer\", \"operator\" or \"admin\""))
            }
            draft.role = role
        },
        .init("items") { (json, draft) throws(JSONError) in draft.items = try WebhookBodies.items(from: &json) },
        .init("expires_at") { (json, draft) throws(JSONError) in
            let time = try AdminBodies.time(from: &json)
            draft.expiresAt = time.milliseconds > 0 ? time : nil
        },
    ])

    /// The body of `POST /admin/v1/tokens`.
    static func draft(_ body: Span<UInt8>) throws(JSONError) -> Draft {
        var draft = Draft()
        try fields.read(body, into: &draft)
        guard draft.role != nil else { throw JSONError(.missing, field: "role") }
        return draft
    }

    func make(_ request: borrowing Request, _ exchange: ExchangeID, _ caller: Caller) {
        let draft: Draft
        do throws(JSONError) {
            draft = try request.withBody { (body) throws(JSONError) in try Self.draft(body) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        let now = parts.loop.wallNow
        if let end = draft.expiresAt, end <= now {
            return parts.refuse(exchange, .invalidRequest("expires_at must be in the future, or null"))
        }
        let (id, text) = OperatorBook.fresh()
        let token = OperatorToken(
            id: id, role: draft.role ?? .viewer, items: draft.items, expiresAt: draft.expiresAt, createdAt: now,
            by: caller.who, digest: OperatorBook.digest(Array(text.utf8)))
        parts.store.put(token) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(caller, "create token", token, isCertain: false) }
                parts.refuse(exchange, after: failure)
            case .success(.tooMany), .success(.unknown): parts.refuse(exchange, .tokenLimit)
            case .success(.done):
                book.took(token)
                audit(caller, "create token", token)
                parts.responder.respond(to: exchange) { response in
                    response.status = 201
                    response.contentType("application/json")
                    response.field("Cache-Control: no-store")
                    response.body.appendJSON { Self.write(token, text: text, to: &$0) }
                }
            }
        }
    }

    private static func write(_ token: OperatorToken, text: String? = nil, to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", token.id)
        if let text { json.field("token", text) }
        json.field("role", token.role.rawValue)
        json.list("items", token.items) { json, item in json.string(item.description) }
        json.field("created_at", token.createdAt)
        json.field("expires_at", token.expiresAt)
        json.field("created_by", token.by)
        json.endObject()
    }

    // MARK: Listing and revoking

    func list(_ exchange: ExchangeID) {
        parts.store.operatorTokens { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let tokens):
                let sorted = tokens.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
                parts.responder.respondJSON(to: exchange) { json in
                    json.beginObject()
                    json.list("tokens", sorted) { json, token in Self.write(token, to: &json) }
                    json.endObject()
                }
            }
        }
    }

    func revoke(_ id: String, _ exchange: ExchangeID, _ caller: Caller) {
        parts.store.removeOperatorToken(id) { [unowned self] result in
            switch result {
            case .failure(let failure):
                if failure == .outcomeUnknown { audit(caller, "revoke token", id: id, isCertain: false) }
                parts.refuse(exchange, after: failure)
            case .success(.unknown), .success(.tooMany): parts.refuse(exchange, .unknownToken)
            case .success(.done):
                book.forgot(id)
                audit(caller, "revoke token", id: id)
                parts.responder.respond(to: exchange) { response in
                    response.status = 204
                    response.field("Cache-Control: no-store")
                }
            }
        }
    }

    private func audit(_ caller: Caller, _ action: String, _ token: OperatorToken, isCertain: Bool = true) {
        let items = token.items.isEmpty ? "all" : token.items.map(\.description).joined(separator: ",")
        audit(caller, action, id: token.id, " role=\(token.role.rawValue) items=\(items)", isCertain: isCertain)
    }

    private func audit(
        _ caller: Caller, _ action: String, id: String, _ what: String = "", isCertain: Bool = true
    ) {
        parts.audit(
            AuditEntry(
                action: action, item: "", who: caller.who, peer: caller.peer, before: "",
                after: isCertain ? "token=\(id)\(what)" : nil, isCertain: isCertain))
    }

    // MARK: The audit

    /// One page of what operators did, oldest first; `?after=` is `next_after` of the page before.
    func showAudit(_ request: borrowing Request, _ exchange: ExchangeID) {
        let query = request.withQuery { String(utf8: $0) }
        guard query.isEmpty || query.hasPrefix("after=") else {
            return parts.refuse(exchange, .invalidRequest("the query may have after=, and nothing else"))
        }
        let after = String(query.dropFirst("after=".count))
        guard after.isEmpty || Self.isRecordID(after) else {
            return parts.refuse(exchange, .invalidRequest("after must be the next_after of the page before"))
        }
        parts.store.audit(after: after.isEmpty ? nil : after) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let records):
                parts.responder.respond(to: exchange) { response in
                    response.contentType("application/json")
                    response.field("Cache-Control: no-store")
                    response.body.append("{\"entries\":[")
                    for (index, record) in records.enumerated() {
                        if index > 0 { response.body.append(",") }
                        response.body.append("{\"id\":\"")
                        response.body.append(utf8: record.id)
                        response.body.append("\",")
                        response.body.append(utf8: String(record.json.dropFirst()))
                    }
                    response.body.append("],\"next_after\":")
                    response.body.appendJSON { json in
                        if let last = records.last { json.string(last.id) } else { json.null() }
                    }
                    response.body.append("}")
                }
            }
        }
    }

    /// `milliseconds-number`, as streams of Redis name their entries.
    private static func isRecordID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { UInt64($0) != nil && $0.utf8.count <= 20 }
    }
}
