public import Base
public import Domain
import RedisClient

// Purchases that are reserved until they are paid, and what comes after.
extension Store {
    public typealias PayReply = BatchReply<Payment.Answer>

    /// Reports payments of one item; idempotent by reference, at most `Limits.batch` a call.
    public func pay(
        _ payments: [Payment], of item: ItemReference, completion: @escaping StoreCompletion<PayReply>
    ) {
        precondition(payments.count <= Limits.batch)
        let keys = item.keys
        connection.evaluate(
            Scripts.pay, keyCount: 8, argumentCount: 10 + 3 * payments.count,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.queue)
                writer.holds(of: keys)
                writer.argument(keys.payments)
                writer.reference(self, item)
                for payment in payments {
                    writer.argument(payment.sequence)
                    writer.argument(payment.outcome.rawValue)
                    writer.argument(payment.reference)
                }
            },
            completion: interpret(completion) { PayReply($0, count: payments.count) })
    }

    public enum RefundOutcome: Sendable, Equatable {
        /// Noted by this call, or by an earlier one, which has decided.
        case done(Refund, isReplay: Bool)
        case notSold
        case unknown
    }

    /// Notes that a sold purchase was paid back; idempotent: the first call decides.
    ///
    /// - Parameters:
    ///   - quantity: of the purchase, as its ticket says.
    ///   - returnsUnit: its units go to the next in line.
    public func refund(
        sequence: Int64, quantity: Int64, reference: String, returnsUnit: Bool, of item: ItemReference,
        completion: @escaping StoreCompletion<RefundOutcome>
    ) {
        let keys = item.keys
        connection.evaluate(
            Scripts.refund, keyCount: 4, argumentCount: 10,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.argument(keys.refunds)
                writer.reference(self, item)
                writer.argument(sequence)
                writer.argument(quantity)
                writer.argument(returnsUnit ? 1 : 0)
                writer.argument(reference)
            },
            completion: interpret(completion) { reply in
                switch RefundCode(rawValue: reply.status) {
                case .done, .before:
                    reply.bytes(ItemCounters.count + 1).flatMap { Refund($0) }.map {
                        .done($0, isReplay: reply.status == RefundCode.before.rawValue)
                    }
                case .notSold: .notSold
                case .unknown: .unknown
                case nil: nil
                }
            })
    }

    public struct ExpiryReply: Sendable, Equatable {
        public var counters: ItemCounters
        public var incarnation: UInt64
        public var ended: Int64  // holds
        /// When the next hold may end, by the leader's clock; nil: there is none.
        public var next: WallInstant?
        /// More is to be done at once.
        public var isMoreLeft: Bool
        public var storeTime: WallInstant

        public init(
            counters: ItemCounters, incarnation: UInt64, ended: Int64, next: WallInstant?, isMoreLeft: Bool,
            storeTime: WallInstant
        ) {
            self.counters = counters
            self.incarnation = incarnation
            self.ended = ended
            self.next = next
            self.isMoreLeft = isMoreLeft
            self.storeTime = storeTime
        }
    }

    /// Ends a slice of the holds whose deadline is over, and checks the deadlines of new ones; idempotent.
    ///
    /// - Parameters:
    ///   - now: by the leader's clock.
    ///   - ahead: by how much the store's clock is ahead of it for good.
    public func expire(
        _ item: ItemReference, now: WallInstant, storeAhead ahead: TimeSpan,
        completion: @escaping StoreCompletion<ExpiryReply>
    ) {
        let keys = item.keys
        connection.evaluate(
            Scripts.expire, keyCount: 6, argumentCount: 11,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.firstResults)
                writer.argument(keys.ledger)
                writer.holds(of: keys)
                writer.reference(self, item)
                writer.argument(now.milliseconds)
                writer.argument(ahead.wholeMilliseconds)
                writer.argument(Limits.holdsExpired)
            },
            completion: interpret(completion) { reply in
                let last = ItemCounters.count
                guard let counters = reply.counters, let ended = reply.integer(last + 1), ended >= 0,
                    let next = reply.integer(last + 2), let left = reply.integer(last + 3),
                    let time = reply.integer(last + 4), let incarnation = reply.incarnation(last + 5)
                else { return nil }
                return ExpiryReply(
                    counters: counters, incarnation: incarnation, ended: ended,
                    next: next > 0 ? WallInstant(milliseconds: next) : nil, isMoreLeft: left == 1,
                    storeTime: WallInstant(milliseconds: time))
            })
    }

    /// The store's clock.
    public func clock(completion: @escaping StoreCompletion<WallInstant>) {
        command(["TIME"], completion) { value in
            let numbers = (value.array ?? []).compactMap(\.bytes).map { Int64(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 2, let seconds = numbers[0], let microseconds = numbers[1] else { return nil }
            return WallInstant(milliseconds: seconds * 1_000 + microseconds / 1_000)
        }
    }

    public func save(_ clock: LeaderClock) { noteHint(["SET", ControlKeys.clock, clock.text]) }

    /// What the last leader saved of its clock; nil: nothing, or damaged.
    public func leaderClock(completion: @escaping StoreCompletion<LeaderClock?>) {
        command(["GET", ControlKeys.clock], completion) { value in
            value.bytes.map { LeaderClock(String(decoding: $0, as: UTF8.self)) } ?? .some(nil)
        }
    }

    /// What the store keeps of one purchase beside its result.
    public func details(
        of sequence: Int64, in item: ItemReference, completion: @escaping StoreCompletion<PurchaseDetails>
    ) {
        connection.evaluate(
            Scripts.details, keyCount: 4, argumentCount: 5,
            build: { writer in
                writer.argument(item.keys.orders)
                writer.argument(item.keys.reasons)
                writer.argument(item.keys.holds)
                writer.argument(item.keys.refunds)
                writer.argument(sequence)
            },
            completion: interpretRead(completion) { reply in
                guard let order = reply.bytes(1), let reason = reply.bytes(2), let deadline = reply.bytes(3),
                    let refund = reply.bytes(4)
                else { return nil }
                var details = PurchaseDetails()
                (details.order, details.reason) = (order, reason)
                details.payUntil = Int64(String(decoding: deadline, as: UTF8.self)).map {
                    WallInstant(milliseconds: $0)
                }
                details.refund = Refund(refund)
                return details
            })
    }
}

extension CommandWriter {
    /// The keys that every script with holds.lua has in a row.
    mutating func holds(of keys: ItemKeys) {
        argument(keys.reserved)
        argument(keys.holds)
        argument(keys.fresh)
    }
}
