import Base
import Domain

/// The keys of one webhook.
struct WebhookKeys {
    let webhook: String
    var pending: String { webhook + ":pending" }
    var dead: String { webhook + ":dead" }
    var deadIDs: String { webhook + ":dead_ids" }

    init(_ name: WebhookName) { webhook = "sluice:{ctl}:webhook:\(name)" }
}

/// The fields of a webhook's hash.
enum WebhookField: String {
    // What operators set.
    case url, types, items, disabled
    // Which one of its name it is, since when, and how often it was changed or set to send again.
    case made
    case createdAt = "created_at"
    case edition
    // Secrets, which no answer but that of `put` and `rotate` shows.
    case secret, former
    case formerUntil = "former_until"
    case rotatedBy = "rotated_by"
    // What its sender saves.
    case cursor, order
    case failingSince = "failing_since"
    case reason, gone, gaps, replaying
}

/// What webhook_save.lua does with an event.
enum WebhookAct: String {
    case note = "+"
    case remove = "-"
    case giveUp = "!"
}

enum WebhookCode: Int64 {
    case created = 1
    case replayed = 2
    case updated = 3
    case unknown = -4
    case tooMany = -5
    case urlMissing = -6
    case fenced = -7
    case changed = -8
}

extension NotedEvent {
    /// As the store has it under the event's id: a line of `order attempts due_ms sequence item type lane reason`, of
    /// which the reason may have spaces, and the body.
    func encode() -> [UInt8] {
        let reason = String(reason.map { $0.isNewline ? " " : $0 })
        let line =
            "\(order) \(attempts) \(dueAt.milliseconds) \(event.sequence) \(event.item) \(event.type) \(event.lane) "
            + reason
        return Array(line.utf8) + [UInt8(ascii: "\n")] + event.body
    }

    /// Nil for what no process of ours wrote.
    static func decode(id: String, _ record: [UInt8]) -> NotedEvent? {
        guard let end = record.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let words = String(decoding: record[..<end], as: UTF8.self)
            .split(separator: " ", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 8, let order = Int64(words[0]), Limits.reported.contains(order),
            let attempts = Int(words[1]), (0...DeliveryPlan.attempts).contains(attempts), let due = Int64(words[2]),
            Limits.reported.contains(due), let sequence = Int64(words[3]), (0...Limits.sequence.upperBound) ~= sequence
        else { return nil }
        let event = ShopEvent(
            id: id, lane: words[6], type: words[5], item: words[4], sequence: sequence,
            body: Array(record[(end + 1)...]))
        return NotedEvent(
            order: order, attempts: attempts, dueAt: WallInstant(milliseconds: due), reason: words[7], event: event)
    }
}
