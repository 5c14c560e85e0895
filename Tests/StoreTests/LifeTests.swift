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
    }
}
