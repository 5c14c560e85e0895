import Base
public import Domain
import RedisClient

// The calls of workers with an order service.
extension Store {
    /// What the tickets of some purchases of one item are made of.
    public struct Identification: Sendable, Equatable {
        public var incarnation: UInt64
        public var salt: [UInt8]  // 16 bytes
        /// The key that signed each ticket, in the order of the records; nil where there is no such purchase.
        public var keyIDs: [UInt8?]

        public init(incarnation: UInt64, salt: [UInt8], keyIDs: [UInt8?]) {
            self.incarnation = incarnation
            self.salt = salt
            self.keyIDs = keyIDs
        }
    }

    /// Reads what the tickets of taken purchases are made of; at most `Limits.batch`.
    public func identify(
        _ records: [FlightRecord], of item: ItemReference, completion: @escaping StoreCompletion<Identification>
    ) {
        precondition(records.count <= Limits.batch)
        connection.evaluate(
            Scripts.identify, keyCount: 2, argumentCount: 4 + 2 * records.count,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.argument(item.keys.users)
                writer.reference(self, item)
                for record in records {
                    writer.argument(record.sequence)
                    writer.argument(SevenBitText.packed(record.user))
                }
            },
            completion: interpret(completion) { reply in
                guard let number = reply.incarnation(1), let salt = reply.bytes(2), salt.count == 16,
                    let found = reply.bytes(3), found.count == 2 * records.count
                else { return nil }
                let keyIDs = stride(from: 0, to: found.count, by: 2).map { found[$0] == 1 ? found[$0 + 1] : nil }
                return Identification(incarnation: number, salt: salt, keyIDs: keyIDs)
            })
    }

    public struct ReviveReply: Sendable {
        public var counters: ItemCounters
        public var left: Int64  // purchases still in doubt
        public var taken: [FlightRecord]
        public var incarnation: UInt64  // of the item they are of

        public init(counters: ItemCounters, left: Int64, taken: [FlightRecord], incarnation: UInt64) {
            self.counters = counters
            self.left = left
            self.taken = taken
            self.incarnation = incarnation
        }
    }

    /// Takes up to `limit` purchases in doubt into the flight of `worker`, at most `Limits.batch`.
    ///
    /// - Parameter includesLost: also those that are in doubt because their workers were lost.
    public func revive(
        _ limit: Int64, of item: ItemReference, worker: String, includesLost: Bool,
        completion: @escaping StoreCompletion<ReviveReply>
    ) {
        precondition((1...Int64(Limits.batch)).contains(limit))
        let keys = item.keys
        connection.evaluate(
            Scripts.revive, keyCount: 8, argumentCount: 12,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.flight(of: worker))
                writer.argument(keys.unansweredFlight)
                writer.argument(keys.poisonedFlight)
                writer.argument(keys.attempts)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.workers)
                writer.reference(self, item)
                writer.argument(limit)
                writer.argument(includesLost ? 1 : 0)
            },
            completion: interpret(completion) { reply in
                let last = ItemCounters.count
                guard let counters = reply.counters, let left = reply.integer(last + 1),
                    let taken = reply.flight(last + 2), let incarnation = reply.incarnation(last + 3)
                else { return nil }
                return ReviveReply(counters: counters, left: left, taken: taken, incarnation: incarnation)
            })
    }

    /// Notes that an item may have purchases in doubt for want of an answer. Without the mark no worker calls for them
    /// again, so the first one is settled in doubt only after this was answered.
    public func markDoubts(of item: ItemName, completion: @escaping StoreCompletion<Void>) {
        note(["SADD", ControlKeys.doubts, item.description], completion)
    }

    public func unmarkDoubts(of item: ItemName) {
        hint(["SREM", ControlKeys.doubts, item.description])
    }

    public func itemsInDoubt(completion: @escaping StoreCompletion<[ItemName]>) {
        names(in: ControlKeys.doubts, completion: completion)
    }
}
