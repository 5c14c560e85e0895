import Base
import Domain
import TestKit
import Testing

@testable import Store

// The mistakes that sale engines are known for, by name.

@Test func `sells one too many: not with one unit and many workers, nor with one more than a batch`() throws {
    let rig = try Rig()
    for stock in [1, 255, 256, 257] as [Int64] {
        let item = try rig.item("stock\(stock)", stock: stock) { $0.queueLimit = 10_000 }
        try rig.fill(Int(stock) + 300, into: item)
        // Asked for at once, so that no answer of one is known to the next.
        var winners: Int64 = 0
        var open = 0
        for worker in 0..<40 {
            open += 1
            let count = 1 + Int64(worker) % 256
            rig.store.deduct(count, from: item, worker: "w\(worker)", hasSink: worker % 2 == 0, isAlone: false) {
                result in
                winners += (try? result.get().winners) ?? 0
                open -= 1
            }
        }
        let isAnswered = rig.turns { open == 0 }
        #expect(isAnswered && winners == stock)
        let counters = try rig.counters(item)
        #expect(counters.free == 0 && counters.held + counters.sold == stock)
        let bytes = try rig.bytes(1...stock + 300, of: item)
        #expect(bytes.prefix(Int(stock)).allSatisfy { $0 == .sold || $0 == .processing })
        #expect(bytes.dropFirst(Int(stock)).allSatisfy { $0 == .undecided })
    }
}

@Test func `decrement before the duplicate check: repeats take neither places nor stock`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    for _ in 0..<20 { try rig.admit(Buy("ann"), Buy("bob"), into: item) }
    let taken = try rig.deduct(50, from: item)
    for _ in 0..<20 { try rig.admit(Buy("bob"), Buy("ann"), into: item) }
    #expect(taken.winners == 2)
    let counters = try rig.counters(item)
    #expect(counters.free == 3 && counters.sold == 2 && counters.tail == 2 && counters.waiting == 0)
}

@Test func `local sold-out flag that never resets after restock: every way back says so to the listeners`() throws {
    let rig = try Rig()
    let notification = try NotificationLog(rig)
    let item = try rig.item(stock: 1)
    try rig.fill(1, into: item)
    try rig.deduct(1, from: item)
    try rig.alter(item, .restock(units: 1))
    try rig.fill(1, into: item, prefix: "second")
    try rig.deduct(1, from: item)
    var change = ItemChange()
    change.stock = 3
    try rig.put(item.keys, change)
    let seen = try notification.all(of: item)
    let changes = seen.map(\.counters.ended).reduce(into: [Int64]()) { if $0.last != $1 { $0.append($1) } }
    #expect(changes == [0, 1, 0, 1, 0])
    // What gives units back also has the listeners read the settings again.
    let resets = zip(seen, seen.dropFirst()).filter { $0.counters.ended == 1 && $1.counters.ended == 0 }
    #expect(resets.count == 2 && resets.allSatisfy { $1.changesSettings })
    let answers = try rig.admit(Buy("third"), into: item)
    #expect(answers.map(\.outcome) == [.admitted])
}

@Test func `oversell with quantities: mixed quantities never take more than there is, and leave nothing`() throws {
    let rig = try Rig()
    var random = SplitMix64(seed: 11)
    for run in 0..<10 {
        let stock = 1 + random.below(60)
        let item = try rig.item("mixed\(run)", stock: stock) {
            $0.queueLimit = 1000
            $0.perUserLimit = 0
        }
        let quantities = (0..<80).map { _ in 1 + random.below(7) }
        try rig.admit(quantities.enumerated().map { Buy("u\($0.offset)", $0.element) }, into: item)
        var last: Deduction?
        while last?.stop != .itemEnded && last?.stop != .queueEmpty {
            last = try rig.deduct(1 + random.below(9), from: item)
        }
        let bytes = try rig.bytes(1...80, of: item)
        // Whoever fits when it is their turn wins: nothing else can come of strict order without a sink.
        var left = stock
        for (quantity, byte) in zip(quantities, bytes) where left > 0 {
            #expect(byte == (quantity <= left ? .sold : .insufficientStock))
            if quantity <= left { left -= quantity }
        }
        let counters = try rig.counters(item)
        #expect(counters.sold + counters.free == stock && counters.free == left)
        try rig.expectLedgerAddsUp(item)
    }
}
