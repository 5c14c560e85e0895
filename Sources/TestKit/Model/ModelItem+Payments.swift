import Base
import Domain
public import Store

// What comes after a win where buyers pay later.
extension ModelItem {
    /// Purchases that are to be paid, and what was paid. Times are milliseconds.
    public struct Holds: Sendable {
        public struct Hold: Sendable, Equatable {
            public fileprivate(set) var deadline: Int64
            public let time: Int64  // to pay
            public fileprivate(set) var isSeen = false  // by the leader
        }

        public private(set) var all: [Int64: Hold] = [:]
        private var seenAt: Int64 = 0  // the leader's clock, when it last saw all of them
        fileprivate var payments: [Int64: String] = [:]
        public fileprivate(set) var due: Set<String> = []  // to be paid back: sequence and reference
        public fileprivate(set) var refunds: [Int64: Refund] = [:]

        mutating func begin(_ sequence: Int64, _ settings: Settings, now: Int64) {
            let time = settings.payWindow + settings.paySpread * (sequence * 617 % 1_000) / 1_000
            all[sequence] = Hold(deadline: now + time, time: time)
        }

        mutating func end(_ sequence: Int64) { all[sequence] = nil }

        /// The leader checks the deadlines of new holds by its clock; `given` is the clock that gave them.
        fileprivate mutating func see(leader: Int64, store: Int64, given: Int64) {
            for (sequence, hold) in all where !hold.isSeen {
                let latest = max(leader, store) + hold.time
                let earliest = max(seenAt, leader - 1_000) + hold.time
                let isGood = abs(leader - given) <= 50 && earliest <= hold.deadline && hold.deadline <= latest
                all[sequence]!.deadline = isGood ? hold.deadline : latest
                all[sequence]!.isSeen = true
            }
            seenAt = leader
        }

        /// See `ModelItem.mix`. When the leader saw all of them last makes no difference a second later.
        func mix(into digest: inout StateDigest, _ sequence: Int64, now: Int64, span: Int64) {
            guard let hold = all[sequence] else { return }
            digest.mix(max(hold.deadline - now, -span) << 1 | (hold.isSeen ? 1 : 0))
        }
    }

    /// - Returns: what the store answers.
    public mutating func pay(_ payment: Payment) -> Payment.Answer {
        let sequence = payment.sequence
        guard sequence <= tail, !purchases.has(sequence) || purchases[sequence].outcome != .skipped else {
            return .unknown
        }
        // What an item before this one gave is sold out.
        let outcome = purchases.has(sequence) ? purchases[sequence].outcome : .soldOut
        if outcome == .reserved {
            guard payment.outcome != .failed else { return .held }
            note { $0.payments[sequence] = payment.reference }
            endHold(sequence, .sold) { $0.sell($1) }
            return .sold
        }
        if outcome == .sold, payment.outcome != .failed, holds.payments[sequence] == payment.reference { return .sold }
        if payment.outcome == .paid, outcome.isFinal {
            note { _ = $0.due.insert("\(sequence) \(payment.reference)") }
        }
        return outcome == .expired || outcome == .cancelled ? .late : .notReserved
    }

    /// The leader ends what is due by its clock and the store's, less what that is ahead for good.
    ///
    /// - Returns: the sequences that ended.
    @discardableResult
    public mutating func expire(leader: Int64, store: Int64) -> [Int64] {
        guard abs(leader - store) <= 1_000 else { return [] }
        note { [now] in $0.see(leader: leader, store: store, given: now) }
        guard !settings.isFrozen else { return [] }
        let due = holds.all.filter { $0.value.deadline + settings.payGrace <= min(leader, store) }.keys.sorted()
        for sequence in due { endHold(sequence, .expired) { $0.giveBack($1) } }
        return due
    }

    /// When the next hold may end, milliseconds, `leader` at most where the clocks part; nil: there is none.
    public func nextExpiry(leader: Int64, store: Int64) -> Int64? {
        let next = holds.all.values.map(\.deadline).min().map { $0 + settings.payGrace }
        return next.map { abs(leader - store) > 1_000 ? min($0, leader) : $0 }
    }

    /// A sold purchase is paid back.
    public mutating func refund(_ sequence: Int64, reference: String, returnsUnit: Bool) -> Store.RefundOutcome {
        if let known = holds.refunds[sequence] { return .done(known, isReplay: true) }
        guard purchases.has(sequence), purchases[sequence].outcome != .skipped else {
            return sequence > tail || purchases.has(sequence) ? .unknown : .notSold
        }
        guard purchases[sequence].outcome == .sold else { return .notSold }
        let refund = Refund(
            reference: reference, at: .init(milliseconds: now), isUnitReturned: returnsUnit)
        note { $0.refunds[sequence] = refund }
        if returnsUnit {
            refunded(sequence)
            let quantity = purchases[sequence].quantity
            changeUnits { $0.takeBack(quantity) }
        }
        return .done(refund, isReplay: false)
    }
}
