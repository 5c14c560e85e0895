import Base
import Domain
import TestKit
import Testing

@testable import Store

@Test(arguments: 1...10 as ClosedRange<UInt64>)
func `batches and single purchases give the same tickets, winners and counters`(seed: UInt64) throws {
    let rig = try Rig()
    var random = SplitMix64(seed: seed)
    let stock = 50 + random.below(400)
    let (limit, units, most) = (random.below(3), random.below(2) * 6, 1 + random.below(3))
    func change(_ item: inout ItemChange) {
        item.queueLimit = 400
        item.perUserLimit = limit
        item.perUserUnits = units
    }
    let batched = try rig.item("batched", stock: stock, change)
    let single = try rig.item("single", stock: stock, change)
    var known = 0
    for _ in 0..<40 {
        // Newcomers and replays take the fast path; a known user with another key sends the whole batch the full path.
        var names = (known..<known + Int(1 + random.below(80))).map { "user\($0)" }
        known += names.count
        if random.below(2) == 0 {
            for _ in 0..<1 + random.below(4) { names.append("user\(random.below(Int64(known)))") }
        }
        names = Array(Set(names)).sorted().shuffled(using: &random)
        let buys = names.map { Buy($0, 1 + random.below(most), key: UInt64(random.below(2))) }
        let together = try rig.admit(buys, into: batched)
        let alone = try buys.flatMap { try rig.admit([$0], into: single) }
        #expect(together == alone, "seed \(seed)")
        let sequence = 1 + random.below(max(1, try rig.counters(batched).tail))
        let codes = try [batched, single].map { try rig.cancel(sequence, of: $0) }
        #expect(codes[0] == codes[1], "seed \(seed)")
        let (count, hasSink) = (1 + random.below(60), random.below(2) == 0)
        let taken = try [batched, single].map { try rig.deduct(count, from: $0, hasSink: hasSink) }
        #expect(taken[0].winners == taken[1].winners && taken[0].stop == taken[1].stop, "seed \(seed)")
        let records = taken.map { $0.taken.map { [$0.sequence, $0.attempt, $0.quantity] } }
        #expect(records[0] == records[1] && taken[0].taken.map(\.user) == taken[1].taken.map(\.user), "seed \(seed)")
        let counters = try [batched, single].map { try figures(rig, $0) }
        #expect(counters[0] == counters[1], "seed \(seed)")
    }
    let tail = try rig.counters(batched).tail
    let bytes = try [batched, single].map { try rig.bytes(1...tail, of: $0) }
    #expect(bytes[0] == bytes[1], "seed \(seed)")
    for item in [batched, single] { try rig.expectLedgerAddsUp(item, "seed \(seed)") }
}

/// What must not depend on the sizes of batches. Where the head stands among those who left does: a chunk is skipped
/// to its end.
private func figures(_ rig: Rig, _ item: ItemReference) throws -> [Int64] {
    let c = try rig.counters(item)
    return [c.tail, c.waiting, c.free, c.held, c.sold, c.inDoubt, c.ended, c.endedAt, c.redo]
}
