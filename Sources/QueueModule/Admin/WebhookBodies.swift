import Base
import Domain
import HTTPServer
import Operations
import Store

/// Reads what operators send of webhooks, and writes how they are shown: never with a secret, but for the one answer
/// that hands it out.
enum WebhookBodies {
    private static let fields = StrictObject<Store.WebhookChange>([
        .init("url") { (json, change) throws(JSONError) in change.url = try url(from: &json) },
        .init("types") { (json, change) throws(JSONError) in change.types = try types(from: &json) },
        .init("items") { (json, change) throws(JSONError) in change.items = try items(from: &json) },
        .init("disabled") { (json, change) throws(JSONError) in change.isDisabled = try json.bool() },
    ])

    /// The body of `PUT /admin/v1/webhooks/{name}`.
    static func change(_ body: Span<UInt8>) throws(JSONError) -> Store.WebhookChange {
        var change = Store.WebhookChange()
        try fields.read(body, into: &change)
        return change
    }

    private static func url(from json: inout JSONReader) throws(JSONError) -> String {
        let text = json.copy(try json.string())
        if let expected = KnownOptions.sinkURL.declaration.expectation(brokenBy: text, quote: { "'\($0)'" }) {
            throw json.failure(.mustBe(expected))
        }
        guard text.utf8.count <= Limits.webhookURLLength else {
            throw json.failure(.mustBe("at most \(Limits.webhookURLLength) bytes long"))
        }
        return text
    }

    private static func types(from json: inout JSONReader) throws(JSONError) -> [String] {
        let known = EventType.allCases.map { "\($0.name)" }
        var types: [String] = []
        try json.beginArray()
        while try json.nextElement() {
            let type = json.copy(try json.string())
            guard known.contains(type) else { throw json.failure(.mustBe("of " + known.joined(separator: ", "))) }
            if !types.contains(type) { types.append(type) }
        }
        return types
    }

    static func items(from json: inout JSONReader) throws(JSONError) -> [ItemName] {
        var items: [ItemName] = []
        try json.beginArray()
        while try json.nextElement() {
            guard let item = ItemName(json.copy(try json.string())) else {
                throw json.failure(.mustBe("names of items: 1 to 64 of A-Z, a-z, 0-9, _ and -"))
            }
            if !items.contains(item) { items.append(item) }
            guard items.count <= Limits.webhookItems else {
                throw json.failure(.mustBe("at most \(Limits.webhookItems) items; none stands for all"))
            }
        }
        return items
    }

    /// What `POST …/replay` wants sent again.
    enum Replay: Equatable {
        case after(String)
        case dead
    }

    private struct ReplayDraft {
        var after: String?
        var isDead = false
    }

    private static let replayFields = StrictObject<ReplayDraft>([
        .init("after") { (json, draft) throws(JSONError) in
            draft.after = try json.null() ? "" : cursor(from: &json)
        },
        .init("dead") { (json, draft) throws(JSONError) in draft.isDead = try json.bool() },
    ])

    static func replay(_ body: Span<UInt8>) throws(JSONError) -> Replay {
        var draft = ReplayDraft()
        try replayFields.read(body, into: &draft)
        if let after = draft.after, !draft.isDead { return .after(after) }
        guard draft.isDead, draft.after == nil else {
            throw JSONError(
                .mustBe(
                    "the id of an event behind which all is sent again, or null for all there is; or \"dead\":true"),
                field: "after")
        }
        return .dead
    }

    private static func cursor(from json: inout JSONReader) throws(JSONError) -> String {
        let text = json.copy(try json.string())
        guard EventCursor(text) != nil else { throw json.failure(.mustBe("the id of an event")) }
        return text
    }

    // MARK: Shown

    static func write(_ webhook: Store.WebhookView, secret: String? = nil, to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", webhook.name.description)
        json.field("url", webhook.url)
        json.list("types", webhook.filter.types) { json, type in json.string(type) }
        json.list("items", webhook.filter.items) { json, item in json.string(item) }
        json.field("disabled", webhook.isDisabled)
        if let secret { json.field("secret", secret) }
        json.field("state", state(of: webhook))
        json.field("created_at", webhook.createdAt)
        json.field("former_secret_until", webhook.formerSecretUntil)
        json.field("cursor", webhook.progress.cursor.isEmpty ? nil : webhook.progress.cursor)
        json.field("failing_since", webhook.progress.failingSince)
        json.field("reason", webhook.progress.reason.isEmpty ? nil : webhook.progress.reason)
        json.field("pending", webhook.pending)
        json.field("dead", webhook.dead)
        json.field("gaps", webhook.progress.gaps)
        json.endObject()
    }

    private static func state(of webhook: Store.WebhookView) -> String {
        if webhook.isDisabled { return "disabled" }
        if webhook.progress.isGone { return "gone" }
        return webhook.progress.failingSince == nil ? "sending" : "failing"
    }

    /// An undelivered event, with what is sent of it.
    static func append(_ letter: NotedEvent, isDead: Bool, to buffer: inout ByteBuffer) {
        buffer.append("{\"event\":")
        buffer.append(letter.event.body)
        var fields = ByteBuffer(capacity: 256)
        fields.appendJSON { json in
            json.beginObject()
            json.field("id", letter.event.id)
            json.field("type", letter.event.type)
            json.field("item", letter.event.item)
            json.field("sequence", letter.event.sequence > 0 ? letter.event.sequence : nil)
            json.field("state", isDead ? "dead" : "pending")
            json.field("attempts", Int64(letter.attempts))
            json.key(isDead ? "given_up_at" : "next_at")
            json.time(letter.dueAt)
            json.field("reason", letter.reason.isEmpty ? nil : letter.reason)
            json.endObject()
        }
        buffer.append(",")
        buffer.append(Array(fields.bytes.dropFirst()))
    }
}

extension JSONWriter {
    mutating func list<Element>(
        _ name: StaticString, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }
}
