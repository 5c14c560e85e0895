public import Base
public import Domain
public import Operations
import RedisClient

// The webhooks to shops: what operators set, and what is kept of their deliveries.
extension Store {
    public func put(
        _ name: WebhookName, _ change: WebhookChange, birth: WebhookBirth,
        completion: @escaping StoreCompletion<WebhookPutOutcome>
    ) {
        let (always, once) = (change.words, birth.words)
        let keys = WebhookKeys(name)
        connection.evaluate(
            Scripts.webhookPut, keyCount: 2, argumentCount: 5 + always.count + once.count,
            build: { writer in
                writer.argument(ControlKeys.webhooks)
                writer.argument(keys.webhook)
                writer.argument(name.description)
                writer.argument(Int64(Limits.webhooks))
                writer.argument(Int64(always.count))
                for word in always + once { writer.argument(word) }
            },
            completion: interpret(completion) { reply in
                switch WebhookCode(rawValue: reply.status) {
                case .created: .created
                case .updated: .updated
                case .tooMany: .tooMany
                case .urlMissing: .urlMissing
                default: nil
                }
            })
    }

    /// - Parameter key: the caller's name of this rotation: the last one with the same is answered again.
    public func rotateSecret(
        of name: WebhookName, to secret: Secret<String>, formerUntil: WallInstant, key: String,
        completion: @escaping StoreCompletion<WebhookRotation>
    ) {
        let keys = WebhookKeys(name)
        connection.evaluate(
            Scripts.webhookRotate, keyCount: 1, argumentCount: 4,
            build: { writer in
                writer.argument(keys.webhook)
                writer.argument(secret.exposed)
                writer.argument(formerUntil.milliseconds)
                writer.argument(key)
            },
            completion: interpret(completion) { reply in
                let code = WebhookCode(rawValue: reply.status)
                if code == .unknown { return .unknown }
                guard code == .replayed || reply.status == DoneCode.done.rawValue, let text = reply.bytes(1) else {
                    return nil
                }
                return .rotated(Secret(String(decoding: text, as: UTF8.self)), isReplay: code == .replayed)
            })
    }

    /// - Parameter completion: whether there was one.
    public func remove(_ name: WebhookName, completion: @escaping StoreCompletion<Bool>) {
        let keys = WebhookKeys(name)
        connection.evaluate(
            Scripts.webhookRemove, keyCount: 5, argumentCount: 6,
            build: { writer in
                writer.argument(ControlKeys.webhooks)
                for key in [keys.webhook, keys.pending, keys.dead, keys.deadIDs] { writer.argument(key) }
                writer.argument(name.description)
            },
            completion: interpret(completion) { reply in
                if WebhookCode(rawValue: reply.status) == .unknown { return false }
                return reply.status == DoneCode.done.rawValue ? true : nil
            })
    }

    /// Has what happened behind `cursor` sent again.
    public func replay(_ name: WebhookName, after cursor: String, completion: @escaping StoreCompletion<WebhookReplay>)
    {
        replay(name, dead: 0, cursor, completion)
    }

    /// Has up to `Limits.webhookChanges` dead letters sent again, the oldest first.
    public func replayDead(of name: WebhookName, completion: @escaping StoreCompletion<WebhookReplay>) {
        replay(name, dead: Limits.webhookChanges, "", completion)
    }

    private func replay(
        _ name: WebhookName, dead: Int, _ cursor: String, _ completion: @escaping StoreCompletion<WebhookReplay>
    ) {
        let keys = WebhookKeys(name)
        connection.evaluate(
            Scripts.webhookReplay, keyCount: 4, argumentCount: 7,
            build: { writer in
                for key in [keys.webhook, keys.pending, keys.dead, keys.deadIDs] { writer.argument(key) }
                writer.argument(Int64(dead))
                writer.argument(Int64(Limits.webhookPending))
                writer.argument(cursor)
            },
            completion: interpret(completion) { reply in
                if WebhookCode(rawValue: reply.status) == .unknown { return .unknown }
                guard reply.status == DoneCode.done.rawValue, let taken = reply.integer(1), let left = reply.integer(2)
                else { return nil }
                return .done(taken: taken, left: left)
            })
    }

    // MARK: Reading

    /// At most `Limits.webhooks`, by name.
    public func webhookNames(completion: @escaping StoreCompletion<[WebhookName]>) {
        command(["SMEMBERS", ControlKeys.webhooks], completion) { value in
            value.texts?.compactMap { WebhookName($0) }.sorted { $0.description < $1.description }
        }
    }

    /// Nil where there is none of this name.
    public func webhook(_ name: WebhookName, completion: @escaping StoreCompletion<WebhookView?>) {
        let keys = WebhookKeys(name)
        var counts: [Int64] = []
        for words in [["HLEN", keys.pending], ["HLEN", keys.dead]] {
            // Answered first: replies come in the order of calls.
            command(words, { counts.append((try? $0.get()) ?? 0) }) { $0.integer }
        }
        let words = ["HMGET", keys.webhook] + WebhookView.fields.map(\.rawValue)
        command(words, completion) { value -> WebhookView?? in
            guard let values = value.array?.map({ $0.bytes.map { String(decoding: $0, as: UTF8.self) } }) else {
                return nil
            }
            guard var view = WebhookView(name, values) else { return .some(nil) }
            if counts.count == 2 { (view.pending, view.dead) = (counts[0], counts[1]) }
            return view
        }
    }

    /// - Parameters:
    ///   - cursor: of the page before; nil for the first.
    public func letters(
        of name: WebhookName, areDead: Bool, after cursor: String?,
        completion: @escaping StoreCompletion<WebhookLetters>
    ) {
        let keys = WebhookKeys(name)
        let words = ["HSCAN", areDead ? keys.dead : keys.pending, cursor ?? "0", "COUNT", "\(Limits.webhookPage)"]
        command(words, completion) { value in
            guard let parts = value.array, parts.count == 2, let next = parts[0].bytes, let pairs = parts[1].array,
                pairs.count % 2 == 0
            else { return nil }
            let events = stride(from: 0, to: pairs.count, by: 2).compactMap { place -> NotedEvent? in
                guard let id = pairs[place].bytes, let record = pairs[place + 1].bytes else { return nil }
                return NotedEvent.decode(id: String(decoding: id, as: UTF8.self), record)
            }
            let text = String(decoding: next, as: UTF8.self)
            return WebhookLetters(events: events, next: text == "0" ? nil : text)
        }
    }
}

extension Store.WebhookChange {
    /// Fields and values. What makes an operator call a receiver that wanted no more makes it wanted again.
    var words: [String] {
        var words: [(WebhookField, String)] = []
        if let url { words.append((.url, url)) }
        if let types { words.append((.types, types.joined(separator: ","))) }
        if let items { words.append((.items, items.map(\.description).joined(separator: ","))) }
        if let isDisabled { words.append((.disabled, isDisabled ? "1" : "0")) }
        if url != nil || isDisabled == false { words.append((.gone, "0")) }
        return words.flatMap { [$0.0.rawValue, $0.1] }
    }
}

extension Store.WebhookBirth {
    var words: [String] {
        let words: [(WebhookField, String)] = [
            (.made, mark), (.createdAt, "\(now.milliseconds)"), (.secret, secret.exposed), (.cursor, cursor),
        ]
        return words.flatMap { [$0.0.rawValue, $0.1] }
    }
}
