public import Domain
import RedisClient

// What operators see of purchases in doubt, and how they end them.
extension Store {
    public struct DoubtSlice: Sendable {
        public var counters: ItemCounters
        public var examined: Int64  // the last sequence; what is in doubt up to it was read
        public var doubts: [Doubt]  // in order of sequence

        /// Nothing is left to read.
        public var isLast: Bool { examined >= counters.tail }
    }

    /// Reads up to `limit` purchases in doubt behind the sequence `after`, at most `Limits.batch`; of an item with many
    /// purchases perhaps none, though there are more.
    public func doubts(
        after sequence: Int64, limit: Int, of item: ItemReference, completion: @escaping StoreCompletion<DoubtSlice>
    ) {
        precondition((1...Limits.batch).contains(limit))
        let keys = item.keys
        connection.evaluate(
            Scripts.doubts, keyCount: 5, argumentCount: 9,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.firstResults)
                writer.argument(keys.unansweredFlight)
                writer.argument(keys.poisonedFlight)
                writer.argument(keys.losses)
                writer.reference(self, item)
                writer.argument(sequence)
                writer.argument(limit)
            },
            completion: interpretRead(completion) { reply in
                let last = ItemCounters.count
                guard let counters = reply.counters, let examined = reply.integer(last + 1), examined >= sequence,
                    let doubts = reply.array(last + 2).flatMap({ Doubt.all(in: $0) })
                else { return nil }
                return DoubtSlice(counters: counters, examined: examined, doubts: doubts)
            })
    }

    /// What became of an operator's decision, and of the purchase.
    public struct ResolveReply: Sendable, Equatable {
        public var resolution: Resolution
        public var result: ResultByte  // of the purchase, after this call
        public var endedAt: Int64  // watermark of the item
    }

    /// An operator ends a purchase in doubt; idempotent.
    ///
    /// - Parameters:
    ///   - isConfirmed: the order was placed; else its units go to the next in line.
    ///   - note: reference of the order, or the reason; empty for none.
    public func resolve(
        sequence: Int64, isConfirmed: Bool, note: String, of item: ItemReference,
        completion: @escaping StoreCompletion<ResolveReply>
    ) {
        let keys = item.keys
        let outcome: Settlement.Outcome = isConfirmed ? .confirmed : .refused
        connection.evaluate(
            Scripts.resolve, keyCount: 12, argumentCount: 17,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.queue)
                writer.argument(keys.unansweredFlight)
                writer.argument(keys.poisonedFlight)
                writer.argument(keys.attempts)
                writer.argument(keys.orders)
                writer.argument(keys.reasons)
                writer.holds(of: keys)
                writer.reference(self, item)
                writer.argument(sequence)
                writer.argument(outcome.rawValue)
                writer.argument(note)
            },
            completion: interpret(completion) { reply in
                guard let resolution = Resolution(rawValue: reply.status), let counters = reply.counters,
                    let byte = reply.integer(ItemCounters.count + 1).flatMap({ UInt8(exactly: $0) }),
                    let result = ResultByte(rawValue: byte)
                else { return nil }
                return ResolveReply(resolution: resolution, result: result, endedAt: counters.endedAt)
            })
    }
}

extension Doubt {
    private static let length = 4  // values each, as doubts.lua replies

    fileprivate static func all(in values: [RedisValue]) -> [Doubt]? {
        guard values.count % length == 0 else { return nil }
        var doubts: [Doubt] = []
        for at in stride(from: 0, to: values.count, by: length) {
            guard let sequence = values[at].integer, let record = values[at + 1].bytes,
                let read = FlightRecord(sequence: Array("\(sequence)".utf8), record: record),
                let flag = values[at + 2].integer, let losses = values[at + 3].integer
            else { return nil }
            doubts.append(Doubt(record: read, isUnanswered: flag == 1, losses: losses))
        }
        return doubts
    }
}
