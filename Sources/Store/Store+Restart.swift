public import Domain
import RedisClient

// What happens to items after a restart of the store.
extension Store {
    /// What the store made of a testimony.
    public enum Finding: Sendable, Equatable {
        case nothingLost
        /// The store came back with less than it had acknowledged; the item is frozen.
        case rolledBack(versions: Int64, sequences: Int64)
        case gone
        case replaced
    }

    /// Tells the store what this process saw acknowledged in one life of the item.
    public func witness(
        _ item: ItemReference, _ testimony: Testimony, completion: @escaping StoreCompletion<Finding>
    ) {
        connection.evaluate(
            Scripts.witness, keyCount: 2, argumentCount: 7,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.argument(item.keys.firstResults)
                writer.reference(self, item)
                writer.argument(testimony.life)
                writer.argument(testimony.version)
                writer.argument(testimony.tail)
            },
            completion: { result in
                switch result {
                case .failure(let failure): completion(.failure(StoreFailure(failure)))
                case .success(let value):
                    guard let reply = ScriptReply(value) else { return completion(.failure(.unexpectedReply)) }
                    switch reply.status {
                    case 0: completion(.success(.nothingLost))
                    case 1:
                        completion(
                            .success(.rolledBack(versions: reply.integer(1) ?? 0, sequences: reply.integer(2) ?? 0)))
                    case -1: completion(.success(.gone))
                    case -3: completion(.success(.replaced))
                    default: completion(.failure(.unexpectedReply))
                    }
                }
            })
    }

    /// Lets an item go on in the present life of the store; true when it was closed off until now.
    public func reopen(_ keys: ItemKeys, completion: @escaping StoreCompletion<Bool>) {
        let life = ItemIncarnation.text(UInt64.random(in: .min ... .max))
        connection.evaluate(
            Scripts.reopen, keyCount: 1, argumentCount: 3,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(runID)
                writer.argument(life)
            },
            completion: interpret(completion) { $0.status == 1 })
    }
}
