import Base
import Domain
import TestKit
import Testing

@testable import Store

// What happens in a life whose winners pay later.
extension Life {
    mutating func payments() throws {
        switch random.below(6) {
        case 0..<3: try pay()
        case 3..<5: try expire()
        default: try refund()
        }
    }

    private mutating func anySequence() -> Int64 {
        let reserved = model.holds.all.keys.sorted()
        if random.below(3) > 0, let one = reserved.randomElement(using: &random) { return one }
        return max(1, base + random.below(model.tail - base + 3))
    }

    private mutating func pay() throws {
        let outcomes: [Payment.Outcome] = [.paid, .paid, .authorized, .failed]
        let payments = (0...random.below(4)).map { _ in
            Payment(
                sequence: anySequence(), outcome: outcomes[Int(random.below(4))], reference: "p\(random.below(3))")
        }
        note("pay \(payments)")
        let answers = try rig.pay(payments, of: item)
        let expected = payments.map { model.pay($0) }
        check(answers == expected, "\(answers), not \(expected)")
        check(try rig.ledger(item).refundsDue == model.holds.due.count, "\(model.holds.due) are due")
    }

    private mutating func expire() throws {
        travelled = travelled + .seconds(47 * random.below(3))
        let now = WallInstant(milliseconds: model.now + travelled.wholeMilliseconds)
        note("expire at \(travelled) from now")
        let reply = try rig.expire(item, now: now, storeAhead: .zero - travelled)
        let expected = model.expire(leader: now.milliseconds, store: now.milliseconds)
        check(reply.ended == expected.count && !reply.isMoreLeft, "\(reply), not \(expected)")
        check((reply.next == nil) == model.holds.all.isEmpty, "\(reply), and held are \(model.holds.all)")
    }

    private mutating func refund() throws {
        let (sequence, reference, returns) = (anySequence(), "r\(random.below(2))", random.below(2) == 0)
        let quantity = model.purchases.has(sequence) ? model.purchases[sequence].quantity : 1
        note("refund \(sequence) \(reference)\(returns ? ", units return" : "")")
        let found = try rig.refund(sequence, quantity: quantity, reference: reference, returnsUnit: returns, of: item)
        let expected = model.refund(sequence, reference: reference, returnsUnit: returns)
        switch (found, expected) {
        case (.done(let one, let isReplay), .done(let other, let wasReplayed)):
            check(
                one.reference == other.reference && one.isUnitReturned == other.isUnitReturned
                    && isReplay == wasReplayed, "\(one), not \(other)")
        default: check(found == expected, "\(found), not \(expected)")
        }
    }

    // MARK: Doubts

    mutating func resolve() throws {
        try checkDoubts()
        let doubts = model.inDoubt(includesLost: true).keys.sorted()
        let sequence = random.below(3) > 0 ? doubts.randomElement(using: &random) ?? anySequence() : anySequence()
        let isConfirmed = random.below(2) == 0
        let text = random.below(2) == 0 ? "" : "resolved \(random.below(1_000))"
        note("resolve \(sequence) as \(isConfirmed ? "confirmed" : "refused")")
        let answer = try rig.resolve(sequence, isConfirmed: isConfirmed, note: text, of: item)
        let expected = model.resolve(sequence, isConfirmed: isConfirmed, note: text)
        check(answer == expected, "\(answer), not \(expected)")
    }

    /// What is listed is what the model has in doubt, in order, read in slices of a random size.
    private mutating func checkDoubts() throws {
        var (found, after, isLast) = ([] as [Doubt], Int64(0), false)
        while !isLast {
            let slice = try rig.doubts(after: after, limit: 1 + Int(random.below(3)), of: item)
            check(slice.examined > after || slice.isLast, "no progress: \(slice)")
            found += slice.doubts
            (after, isLast) = (slice.examined, slice.isLast)
        }
        let (all, unanswered) = (model.inDoubt(includesLost: true), model.inDoubt(includesLost: false))
        check(found.map(\.record.sequence) == all.keys.sorted(), "\(found), not \(all)")
        for doubt in found {
            let sequence = doubt.record.sequence
            check(doubt.isUnanswered == (unanswered[sequence] != nil), "\(doubt)")
            check(doubt.record.attempt == all[sequence], "\(doubt), not \(String(describing: all[sequence]))")
            check(doubt.record.quantity == model.purchases[sequence].quantity, "\(doubt)")
        }
    }
}
