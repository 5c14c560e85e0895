public import Domain
import RedisClient

// What happens to items after a restart of the store.
extension Store {
    /// What a durability check found.
    public enum Finding: Sendable, Equatable {
        case nothingLost
        /// The store came back with less than it had acknowledged; the item is frozen.
        case rolledBack(versions: Int64, sequences: Int64)
        case gone
        case replaced
    }

    /// Compares what this process saw acknowledged in one life of the item with what the store kept.
    ///
    /// - Parameter counters: where the store has other data than before: what was known of the item, in case it is gone
    ///   with the old ones.
    public func checkDurability(
        _ item: ItemReference, _ acknowledged: AcknowledgedState, gone counters: ItemCounters? = nil,
        completion: @escaping StoreCompletion<Finding>
    ) {
        connection.evaluate(
            Scripts.checkDurability, keyCount: 3, argumentCount: counters == nil ? 8 : 10,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.argument(item.keys.firstResults)
                writer.argument(item.keys.gone)
                writer.reference(self, item)
                writer.argument(acknowledged.life)
                writer.argument(acknowledged.version)
                writer.argument(acknowledged.tail)
                if let counters {
                    writer.argument(counters.sold)
                    writer.argument(counters.held)
                }
            },
            completion: { result in
                switch result {
                case .failure(let failure): completion(.failure(StoreFailure(failure)))
                case .success(let value):
                    guard let reply = ScriptReply(value) else { return completion(.failure(.unexpectedReply)) }
                    switch (DurabilityCode(rawValue: reply.status), ItemRefusalCode(rawValue: reply.status)) {
                    case (.durable, _): completion(.success(.nothingLost))
                    case (.rolledBack, _):
                        completion(
                            .success(.rolledBack(versions: reply.integer(1) ?? 0, sequences: reply.integer(2) ?? 0)))
                    case (_, .noSuchItem): completion(.success(.gone))
                    case (_, .otherIncarnation): completion(.success(.replaced))
                    default: completion(.failure(.unexpectedReply))
                    }
                }
            })
    }

    /// The name of the store's data; nil where it has none.
    public func lifeName(completion: @escaping StoreCompletion<String?>) {
        command(["GET", ControlKeys.life], completion) { value in
            if case .null = value { return .some(nil) }
            return value.bytes.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Names the store's data, unless another process was first.
    ///
    /// - Parameter completion: gets the name that they have.
    public func beginLife(completion: @escaping StoreCompletion<String>) {
        let name = ItemIncarnation.text(UInt64.random(in: .min ... .max))
        connection.send(["SET", ControlKeys.life, name, "NX"]) { _ in }  // unheard: the read behind it has the name
        command(["GET", ControlKeys.life], completion) { $0.bytes.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Opens an item in the present life of the store; true when it was closed off until now.
    ///
    /// - Parameter skipping: sequences that are left out, since the store may have lost as many.
    public func reopen(
        _ keys: ItemKeys, skipping: Int64, completion: @escaping StoreCompletion<Bool>
    ) {
        let life = ItemIncarnation.text(UInt64.random(in: .min ... .max))
        connection.evaluate(
            Scripts.reopen, keyCount: 2, argumentCount: 5,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.queue)
                writer.argument(runID)
                writer.argument(life)
                writer.argument(skipping)
            },
            completion: interpret(completion) { ReopenCode(rawValue: $0.status).map { $0 == .reopened } })
    }
}
