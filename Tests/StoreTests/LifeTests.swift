import Base
import Domain
import TestKit
import Testing

@testable import Store

// The scripts beside ModelItem, in random order: what one says and does, the other must. A failure names its seed;
// run that alone with SEED=n.

@Test(arguments: 0..<5)
func `an item does what the model does, whatever happens in which order`(part: UInt64) throws {
    let rig = try Rig()
    for seed in 10 * part + 1...10 * part + 10 where Life.wantedSeed ?? seed == seed {
        var life = try Life(rig, seed: seed)
        for step in 1...Life.steps {
            let isFine = try life.step(step)
            guard isFine else { return }
        }
        try rig.expectLedgerAddsUp(life.item, life.comment)
        try life.expectBooksAgree()
    }
}

extension Life {
    /// The books have every purchase, with its user, and what the model says became of it.
    func expectBooksAgree() throws {
        let expected = model.purchases.all.filter { $0.outcome != .skipped }
        let found = try rig.book(of: item, limit: 7)
        #expect(found.map(\.sequence) == expected.map(\.sequence), comment)
        for (entry, purchase) in zip(found, expected) {
            let hasEnded = purchase.sequence <= model.endedAt
            let state = BookEntry.State(purchase.outcome.byte, hasEnded: hasEnded)
            #expect(
                entry.user == purchase.user && entry.quantity == purchase.quantity && entry.state == state,
                "\(entry) is not \(purchase)\n\(comment)")
        }
    }
}
