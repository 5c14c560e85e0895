import Base
public import Domain
import Operations
import RedisClient

// The calls of the sender of webhooks.
extension Store {
    /// Every webhook, by name, and the term of the present leader as the store counts it.
    public func sentWebhooks(completion: @escaping StoreCompletion<(webhooks: [SentWebhook], term: Int64)>) {
        webhookNames { [weak self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let names): self?.sentWebhooks(names, completion)
            }
        }
    }

    private func sentWebhooks(
        _ names: [WebhookName], _ completion: @escaping StoreCompletion<(webhooks: [SentWebhook], term: Int64)>
    ) {
        var webhooks: [SentWebhook] = []
        var failure: StoreFailure?
        for name in names.prefix(Limits.webhooks) {
            var dead: Int64 = 0
            // Answered first: replies come in the order of calls.
            command(["HLEN", WebhookKeys(name).dead], { dead = (try? $0.get()) ?? 0 }) { $0.integer }
            let fields = SentWebhook.fields + WebhookView.fields
            command(["HMGET", WebhookKeys(name).webhook] + fields.map(\.rawValue)) { result in
                switch result {
                case .failure(let why): failure = why
                case .success(nil): break
                case .success(var webhook?):
                    webhook.view.dead = dead
                    webhooks.append(webhook)
                }
            } _: { value -> SentWebhook?? in
                value.array.map { SentWebhook(name, $0.map { $0.bytes.map { String(decoding: $0, as: UTF8.self) } }) }
            }
        }
        command(["GET", ControlKeys.term]) { result in
            if let failure { return completion(.failure(failure)) }
            completion(result.map { (webhooks, $0) })
        } _: { value in
            value == .null ? 0 : value.bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// Saves what became of deliveries, unless a later leader sends now.
    public func save(
        _ changes: WebhookChanges, of webhook: SentWebhook, term: Int64,
        completion: @escaping StoreCompletion<WebhookSave>
    ) {
        precondition(changes.changes.count <= Limits.webhookChanges)
        let fields = changes.progress.words
        let keys = WebhookKeys(webhook.view.name)
        connection.evaluate(
            Scripts.webhookSave, keyCount: 5, argumentCount: 10 + fields.count + 3 * changes.changes.count,
            build: { writer in
                writer.argument(ControlKeys.term)
                for key in [keys.webhook, keys.pending, keys.dead, keys.deadIDs] { writer.argument(key) }
                writer.argument(term)
                writer.argument(webhook.mark)
                writer.argument(webhook.edition)
                writer.argument(Int64(Limits.webhookDead))
                writer.argument(Int64(fields.count))
                for word in fields { writer.argument(word) }
                for change in changes.changes { Self.write(change, to: &writer) }
            },
            completion: interpret(completion) { reply in
                if reply.status == DoneCode.done.rawValue { return .done }
                switch WebhookCode(rawValue: reply.status) {
                case .fenced: return .fenced
                case .unknown, .changed: return .changed
                default: return nil
                }
            })
    }

    private static func write(_ change: WebhookChanges.Change, to writer: inout CommandWriter) {
        let (act, id, record): (WebhookAct, String, [UInt8]) =
            switch change {
            case .note(let event): (.note, event.event.id, event.encode())
            case .remove(let id): (.remove, id, [])
            case .giveUp(let event): (.giveUp, event.event.id, event.encode())
            }
        writer.argument(act.rawValue)
        writer.argument(id)
        writer.argument(record)
    }
}

extension Store.SentWebhook {
    static let fields: [WebhookField] = [.made, .edition, .secret, .former]

    /// - Parameter values: of `fields`, then of those of the view.
    init?(_ name: WebhookName, _ values: [String?]) {
        guard values.count == Self.fields.count + Store.WebhookView.fields.count, let mark = values[0],
            let edition = values[1], let secret = values[2],
            let view = Store.WebhookView(name, Array(values[Self.fields.count...]))
        else { return nil }
        (self.view, self.mark, self.edition) = (view, mark, edition)
        secrets = Secret([secret] + (values[3].map { [$0] } ?? []))
    }
}

extension WebhookProgress {
    /// Fields and values.
    fileprivate var words: [String] {
        let words: [(WebhookField, String)] = [
            (.cursor, cursor), (.order, "\(order)"), (.failingSince, "\(failingSince?.milliseconds ?? 0)"),
            (.reason, reason), (.gone, isGone ? "1" : "0"), (.gaps, "\(gaps)"),
            (.replaying, isReplaying ? "1" : "0"),
        ]
        return words.flatMap { [$0.0.rawValue, $0.1] }
    }
}
