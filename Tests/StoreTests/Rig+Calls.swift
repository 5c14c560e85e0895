import Base
import Domain
import Testing

@testable import Store

/// One purchase as tests write it down.
struct Buy: Sendable, Equatable {
    var user: String
    var quantity: Int64 = 1
    var key: UInt64 = 0

    init(_ user: String, _ quantity: Int64 = 1, key: UInt64 = 0) {
        self.user = user
        self.quantity = quantity
        self.key = key
    }
}

extension AdmissionBatch {
    init(_ buys: some Sequence<Buy>, ticketKeyID: UInt8 = 3) {
        self.init()
        for buy in buys {
            append(
                user: buy.user.utf8.span, quantity: buy.quantity, keyDigest: buy.key, ticketKeyID: ticketKeyID,
                tag: UInt32(truncatingIfNeeded: buy.user.utf8.reduce(5381) { ($0 &* 33) ^ Int($1) }))
        }
    }
}

extension Rig {
    func reply(to buys: [Buy], into item: ItemReference) throws -> AdmissionReply {
        try answer { store.admit(AdmissionBatch(buys), into: item, completion: $0) }
    }

    /// One answer for each purchase, whichever way the script took.
    @discardableResult
    func admit(_ buys: [Buy], into item: ItemReference) throws -> [Admission] {
        let reply = try reply(to: buys, into: item)
        return try buys.indices.map { index in
            if let first = reply.firstSequence {
                return Admission(
                    outcome: .admitted, sequence: first + Int64(index), quantity: buys[index].quantity, ticketKeyID: 3)
            }
            return try #require(reply.admission(at: index))
        }
    }

    @discardableResult
    func admit(_ buys: Buy..., into item: ItemReference) throws -> [Admission] { try admit(buys, into: item) }

    /// Fills the queue with purchases of one unit by users of their own.
    func fill(_ count: Int, into item: ItemReference, prefix: String = "u") throws {
        for start in stride(from: 0, to: count, by: Limits.batch) {
            let buys = (start..<min(count, start + Limits.batch)).map { Buy("\(prefix)\($0)") }
            let reply = try reply(to: buys, into: item)
            #expect(reply.firstSequence != nil)
        }
    }

    @discardableResult
    func deduct(
        _ count: Int64, from item: ItemReference, worker: String = "w1", hasSink: Bool = false, isAlone: Bool = true
    ) throws -> Deduction {
        try answer {
            store.deduct(count, from: item, worker: worker, hasSink: hasSink, isAlone: isAlone, completion: $0)
        }
    }

    @discardableResult
    func settle(_ settlements: [Settlement], of item: ItemReference, worker: String = "w1") throws
        -> [Settlement.Answer]
    {
        try answer { store.settle(settlements, of: item, worker: worker, completion: $0) }.answers
    }

    @discardableResult
    func settle(
        _ sequence: Int64, _ outcome: Settlement.Outcome, attempt: Int64 = 1, of item: ItemReference,
        worker: String = "w1"
    ) throws -> Settlement.Answer {
        let answers = try settle(
            [Settlement(sequence: sequence, attempt: attempt, outcome: outcome)], of: item, worker: worker)
        return try #require(answers.first)
    }

    @discardableResult
    func reap(_ item: ItemReference, worker: String = "w1", consumesAttempt: Bool = true) throws -> Store.ReapReply {
        try answer { store.reap(item, worker: worker, consumesAttempt: consumesAttempt, completion: $0) }
    }

    @discardableResult
    func revive(
        _ item: ItemReference, limit: Int64 = 256, worker: String = "w1", includesLost: Bool = false
    ) throws -> Store.ReviveReply {
        try answer { store.revive(limit, of: item, worker: worker, includesLost: includesLost, completion: $0) }
    }

    @discardableResult
    func pay(_ payments: [Payment], of item: ItemReference) throws -> [Payment.Answer] {
        try answer { store.pay(payments, of: item, completion: $0) }.answers
    }

    @discardableResult
    func pay(_ sequence: Int64, _ outcome: Payment.Outcome, _ reference: String = "p", of item: ItemReference) throws
        -> Payment.Answer
    {
        let answers = try pay([Payment(sequence: sequence, outcome: outcome, reference: reference)], of: item)
        return try #require(answers.first)
    }

    @discardableResult
    func expire(_ item: ItemReference, now: WallInstant, storeAhead: TimeSpan = .zero) throws -> Store.ExpiryReply {
        try answer { store.expire(item, now: now, storeAhead: storeAhead, completion: $0) }
    }

    @discardableResult
    func refund(
        _ sequence: Int64, quantity: Int64 = 1, reference: String = "r", returnsUnit: Bool = true,
        of item: ItemReference
    ) throws -> Store.RefundOutcome {
        try answer {
            store.refund(
                sequence: sequence, quantity: quantity, reference: reference, returnsUnit: returnsUnit, of: item,
                completion: $0)
        }
    }

    @discardableResult
    func resolve(_ sequence: Int64, isConfirmed: Bool, note: String = "", of item: ItemReference) throws
        -> Store.Resolution
    {
        try resolveReply(sequence, isConfirmed: isConfirmed, note: note, of: item).resolution
    }

    func resolveReply(_ sequence: Int64, isConfirmed: Bool, note: String = "", of item: ItemReference) throws
        -> Store.ResolveReply
    {
        try answer {
            store.resolve(sequence: sequence, isConfirmed: isConfirmed, note: note, of: item, completion: $0)
        }
    }

    func doubts(after sequence: Int64 = 0, limit: Int = Limits.batch, of item: ItemReference) throws
        -> Store.DoubtSlice
    {
        try answer { store.doubts(after: sequence, limit: limit, of: item, completion: $0) }
    }

    func details(of sequence: Int64, in item: ItemReference) throws -> PurchaseDetails {
        try answer { store.details(of: sequence, in: item, completion: $0) }
    }

    func identify(_ records: [FlightRecord], of item: ItemReference) throws -> Store.Identification {
        try answer { store.identify(records, of: item, completion: $0) }
    }

    func recall(_ item: ItemReference, worker: String = "w1") throws -> [FlightRecord] {
        try answer { store.recall(item, worker: worker, completion: $0) }.records.sorted { $0.sequence < $1.sequence }
    }

    @discardableResult
    func cancel(_ sequence: Int64, of item: ItemReference) throws -> Store.Cancellation {
        try answer { store.cancel(sequence: sequence, of: item, completion: $0) }
    }
}
