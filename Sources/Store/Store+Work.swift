public import Domain
import RedisClient

// The calls of workers, and of the scheduler on behalf of lost ones.
extension Store {
    /// Takes up to `winners`, at most `Limits.batch`, from the head of the queue, and their units from stock.
    ///
    /// - Parameter isAlone: the worker holds nothing else, and takes nothing else while it holds these.
    public func deduct(
        _ winners: Int64, from item: ItemReference, worker: String, hasSink: Bool, isAlone: Bool,
        completion: @escaping StoreCompletion<Deduction>
    ) {
        precondition((1...Int64(Limits.batch)).contains(winners))
        let keys = item.keys
        connection.evaluate(
            Scripts.deduct, keyCount: 12, argumentCount: 20,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.queue)
                writer.argument(keys.flight(of: worker))
                writer.argument(keys.redo)
                writer.argument(keys.redoFlight)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.losses)
                writer.argument(keys.workers)
                writer.holds(of: keys)
                writer.reference(self, item)
                writer.argument(winners)
                writer.argument(Limits.purchasesExamined)
                writer.argument(hasSink ? 1 : 0)
                writer.argument(isAlone ? 1 : 0)
                writer.argument(Limits.losses)
                writer.argument(Limits.suspected)
            },
            completion: interpret(completion) { reply in
                let last = ItemCounters.count
                guard let stop = DeductStop(reply: reply.status), let counters = reply.counters,
                    let won = reply.integer(last + 1), (0...winners).contains(won), let taken = reply.flight(last + 2),
                    taken.count == (hasSink ? Int(won) : 0), let suspects = reply.integer(last + 3),
                    let incarnation = reply.incarnation(last + 4), let life = reply.bytes(last + 5)
                else { return nil }
                return Deduction(
                    stop: stop, counters: counters, winners: won, taken: taken, areSuspects: suspects == 1,
                    incarnation: incarnation, life: String(decoding: life, as: UTF8.self))
            })
    }

    /// The answers to the entries of one call.
    public struct BatchReply<Answer: Sendable & Equatable>: Sendable, Equatable {
        public var counters: ItemCounters
        public var answers: [Answer]  // one each, in order

        public init(counters: ItemCounters, answers: [Answer]) {
            self.counters = counters
            self.answers = answers
        }
    }

    public typealias SettleReply = BatchReply<Settlement.Answer>

    /// Ends attempts; idempotent, at most `Limits.batch` a call.
    public func settle(
        _ settlements: [Settlement], of item: ItemReference, worker: String,
        completion: @escaping StoreCompletion<SettleReply>
    ) {
        precondition(settlements.count <= Limits.batch)
        let keys = item.keys
        connection.evaluate(
            Scripts.settle, keyCount: 12, argumentCount: 14 + 4 * settlements.count,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.flight(of: worker))
                writer.argument(keys.attempts)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.queue)
                writer.argument(keys.orders)
                writer.argument(keys.reasons)
                writer.argument(keys.unansweredFlight)
                writer.holds(of: keys)
                writer.reference(self, item)
                for settlement in settlements {
                    writer.argument(settlement.sequence)
                    writer.argument(settlement.attempt)
                    writer.argument(settlement.outcome.rawValue)
                    writer.argument(settlement.note)
                }
            },
            completion: interpret(completion) { SettleReply($0, count: settlements.count) })
    }

    /// What a worker holds, and of which item of that name.
    public struct Recollection: Sendable {
        public var records: [FlightRecord]
        public var incarnation: UInt64

        public init(records: [FlightRecord], incarnation: UInt64) {
            self.records = records
            self.incarnation = incarnation
        }
    }

    /// All that `worker` holds of an item.
    public func recall(
        _ item: ItemReference, worker: String, completion: @escaping StoreCompletion<Recollection>
    ) {
        connection.evaluate(
            Scripts.recall, keyCount: 2, argumentCount: 4,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.argument(item.keys.flight(of: worker))
                writer.reference(self, item)
            },
            completion: interpret(completion) { reply in
                guard let records = reply.flight(1), let incarnation = reply.incarnation(2) else { return nil }
                return Recollection(records: records, incarnation: incarnation)
            })
    }

    /// How many purchases of an item `worker` holds.
    public func countHeld(of keys: ItemKeys, by worker: String, completion: @escaping StoreCompletion<Int64>) {
        let flight = String(decoding: keys.flight(of: worker), as: UTF8.self)
        command(["HLEN", flight], completion, \.integer)
    }

    /// The workers that may hold purchases of an item; some of them may hold none.
    public func holders(of keys: ItemKeys, completion: @escaping StoreCompletion<[String]>) {
        command(["SMEMBERS", String(decoding: keys.workers, as: UTF8.self)], completion, \.texts)
    }

    public struct ReapReply: Sendable {
        public var counters: ItemCounters
        public var taken: Int64
        public var left: Int64
        public var incarnation: UInt64  // of the item

        public init(counters: ItemCounters, taken: Int64, left: Int64, incarnation: UInt64) {
            self.counters = counters
            self.taken = taken
            self.left = left
            self.incarnation = incarnation
        }
    }

    /// Takes back a slice of what `worker` holds.
    ///
    /// - Parameter consumesAttempt: false where the worker gives back what it never began.
    public func reap(
        _ item: ItemReference, worker: String, consumesAttempt: Bool, completion: @escaping StoreCompletion<ReapReply>
    ) {
        let keys = item.keys
        connection.evaluate(
            Scripts.reap, keyCount: 10, argumentCount: 15,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.flight(of: worker))
                writer.argument(keys.redo)
                writer.argument(keys.redoFlight)
                writer.argument(keys.attempts)
                writer.argument(keys.poisonedFlight)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.losses)
                writer.argument(keys.workers)
                writer.reference(self, item)
                writer.argument(Limits.batch)
                writer.argument(Limits.losses)
                writer.argument(consumesAttempt ? 1 : 0)
            },
            completion: interpret(completion) { reply in
                guard let counters = reply.counters, let taken = reply.integer(ItemCounters.count + 1), taken >= 0,
                    let left = reply.integer(ItemCounters.count + 2), left >= 0,
                    let incarnation = reply.incarnation(ItemCounters.count + 3)
                else { return nil }
                return ReapReply(counters: counters, taken: taken, left: left, incarnation: incarnation)
            })
    }
}

extension Store.BatchReply where Answer: RawRepresentable, Answer.RawValue == UInt8 {
    /// From a reply with a byte for each of `count` entries behind the counters; nil for another one.
    init?(_ reply: ScriptReply, count: Int) {
        guard let counters = reply.counters,
            let answers = reply.bytes(ItemCounters.count + 1)?.compactMap(Answer.init), answers.count == count
        else { return nil }
        self.init(counters: counters, answers: answers)
    }
}
