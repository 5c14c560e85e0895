import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

// settle, recall, reap and cancel.

@Test func `an attempt is settled once, and a repeat says so`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.admit(Buy("ann", 2), Buy("bob", 3), into: item)
    try rig.deduct(2, from: item, hasSink: true)
    let both: [Settlement] = [
        .init(sequence: 1, attempt: 1, outcome: .confirmed), .init(sequence: 2, attempt: 1, outcome: .refused),
    ]
    let first = try rig.settle(both + both, of: item)
    #expect(first == [.settled, .settled, .repeated, .repeated])
    let counters = try rig.counters(item)
    #expect(counters.sold == 2 && counters.free == 3 && counters.held == 0)
    let contrary = try rig.settle([.init(sequence: 1, attempt: 1, outcome: .refused)], of: item)
    #expect(contrary == [.repeated])
    let unknown = try rig.settle(
        [.init(sequence: 3, attempt: 1, outcome: .confirmed), .init(sequence: 70_000, attempt: 1, outcome: .refused)],
        of: item)
    #expect(unknown == [.unknown, .unknown])
    let after = try rig.counters(item)
    #expect(after == counters)
    let bytes = try rig.bytes(1...2, of: item)
    #expect(bytes == [.sold, .rejected])
    try rig.expectLedgerAddsUp(item)
}

@Test func `256 attempts are settled in one call`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 256)
    try rig.fill(256, into: item)
    try rig.deduct(256, from: item, hasSink: true)
    let all = (1...256).map { Settlement(sequence: $0, attempt: 1, outcome: $0 % 2 == 0 ? .refused : .confirmed) }
    let answers = try rig.settle(all, of: item)
    #expect(answers == Array(repeating: .settled, count: 256))
    let counters = try rig.counters(item)
    #expect(counters.sold == 128 && counters.free == 128)
    let rest = try rig.recall(item)
    #expect(rest == [])
    try rig.expectLedgerAddsUp(item)
}

@Test func `an attempt of a lost worker is fenced, before and after another worker ended it`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 3)
    try rig.fill(3, into: item)
    try rig.deduct(1, from: item, worker: "w1", hasSink: true)
    let reaped = try rig.reap(item, worker: "w1")
    #expect(reaped.taken == 1 && reaped.left == 0 && reaped.counters.redo == 1 && reaped.counters.held == 1)
    let early = try rig.settle(1, .confirmed, of: item, worker: "w1")
    #expect(early == .fenced)
    let taken = try rig.deduct(2, from: item, worker: "w2", hasSink: true).taken
    #expect(taken.map(\.sequence) == [1, 2] && taken.map(\.attempt) == [2, 1] && taken[0].user == "u0")
    let late = try rig.settle(1, .refused, of: item, worker: "w1")
    let nonHolder = try rig.settle(1, .refused, attempt: 2, of: item, worker: "w3")
    let wrong = try rig.settle(1, .refused, attempt: 1, of: item, worker: "w2")
    #expect(late == .fenced && nonHolder == .unknown && wrong == .fenced)
    let right = try rig.settle(1, .confirmed, attempt: 2, of: item, worker: "w2")
    let again = try rig.settle(1, .confirmed, attempt: 2, of: item, worker: "w2")
    let latest = try rig.settle(1, .refused, of: item, worker: "w1")
    #expect(right == .settled && again == .repeated && latest == .fenced)
    let counters = try rig.counters(item)
    #expect(counters.sold == 1 && counters.held == 1 && counters.free == 1)
    try rig.expectLedgerAddsUp(item)
}

@Test func `what a lost worker held is served before the queue, in order, by whoever comes`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 20)
    try rig.fill(12, into: item)
    try rig.deduct(3, from: item, worker: "w1", hasSink: true)
    try rig.deduct(3, from: item, worker: "w2", hasSink: true)
    try rig.reap(item, worker: "w2")
    try rig.reap(item, worker: "w1")
    let first = try rig.deduct(4, from: item, worker: "w3", hasSink: true)
    #expect(first.taken.map(\.sequence) == [1, 2, 3, 4] && first.counters.redo == 2 && first.stop == .limitReached)
    let second = try rig.deduct(4, from: item, worker: "w4", hasSink: false)
    #expect(second.winners == 4 && second.taken == [] && second.counters.redo == 0)
    let bytes = try rig.bytes(1...9, of: item)
    #expect(
        bytes == [.processing, .processing, .processing, .processing, .sold, .sold, .sold, .sold, .undecided])
    #expect(second.counters.sold == 4 && second.counters.held == 4)
    try rig.expectLedgerAddsUp(item)
}

@Test func `an orderly stop does not use up the attempt`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 3)
    try rig.fill(1, into: item)
    for _ in 0..<20 {
        let taken = try rig.deduct(1, from: item, hasSink: true).taken
        #expect(taken.map(\.attempt) == [1])
        try rig.reap(item, consumesAttempt: false)
    }
    let counters = try rig.counters(item)
    #expect(counters.redo == 1 && counters.held == 1 && counters.inDoubt == 0)
}

@Test func `a purchase whose workers are lost five times is in doubt, keeps its unit and lets the item end`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2) { $0.queueLimit = 100 }
    try rig.admit(Buy("ann", 1), Buy("bob", 1), Buy("cid", 1), into: item)
    for attempt in 1...Limits.losses {
        let taken = try rig.deduct(1, from: item, hasSink: true).taken
        #expect(taken.map(\.sequence) == [1] && taken.map(\.attempt) == [attempt])
        try rig.reap(item)
    }
    let doubtful = try rig.counters(item)
    #expect(doubtful.inDoubt == 1 && doubtful.held == 1 && doubtful.redo == 0 && doubtful.free == 1)
    let late = try rig.settle(1, .confirmed, attempt: 5, of: item)
    #expect(late == .unknown)
    let last = try rig.deduct(5, from: item)
    #expect(last.winners == 1 && last.stop == .itemEnded && last.counters.endedAt == 3)
    let cancelled = try rig.cancel(1, of: item)
    #expect(cancelled == .inProgress)
    let bytes = try rig.bytes(1...3, of: item)
    #expect(bytes == [.inDoubt, .sold, .undecided])
    let record = try rig.raw("HLEN", "sluice:{item}:flight:doubt")
    #expect(record == .integer(1))
    try rig.expectLedgerAddsUp(item)
}

@Test func `who was asked for again and again has lost no worker by that`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2)
    try rig.fill(2, into: item)
    try rig.deduct(1, from: item, hasSink: true)
    let askedAgain = Limits.losses + 3
    for attempt in 1...askedAgain {
        try rig.settle(1, .inDoubt, attempt: attempt, of: item)
        try rig.revive(item)
    }
    try rig.reap(item)
    let lost = try rig.counters(item)
    #expect(lost.redo == 1 && lost.inDoubt == 0, "lost with one worker, it goes to the next one")
    let taken = try rig.deduct(2, from: item, hasSink: true, isAlone: false)
    #expect(taken.taken.map(\.sequence) == [1, 2] && !taken.areSuspects, "and with others")
    #expect(taken.taken.map(\.attempt) == [askedAgain + 2, 1])
    try rig.expectLedgerAddsUp(item)
}

@Test func `who is lost in attempt 255 is taken again as attempt 1, and the late one is fenced`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 1)
    try rig.fill(1, into: item)
    try rig.deduct(1, from: item, hasSink: true)
    for attempt in 1...254 as ClosedRange<Int64> {
        try rig.settle(1, .inDoubt, attempt: attempt, of: item)
        try rig.revive(item)
    }
    try rig.reap(item)
    let counters = try rig.counters(item)
    #expect(counters.inDoubt == 0 && counters.redo == 1 && counters.held == 1)
    let next = try rig.deduct(1, from: item, hasSink: true)
    #expect(next.taken.map(\.attempt) == [1])
    let late = try rig.settle(1, .confirmed, attempt: 255, of: item)
    let sold = try rig.settle(1, .confirmed, attempt: 1, of: item)
    #expect(late == .fenced && sold == .settled)
}

@Test func `what may end its workers goes in ever smaller groups, and only to one that holds nothing else`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 200)
    try rig.fill(120, into: item)
    // Two workers were lost with all of 100.
    for _ in 0..<2 {
        try rig.deduct(100, from: item, hasSink: true)
        try rig.reap(item)
    }
    let busy = try rig.deduct(50, from: item, hasSink: true, isAlone: false)
    #expect(busy.stop == .needsIdleWorker && busy.winners == 0 && busy.taken == [])
    #expect(busy.counters.redo == 100 && busy.counters.held == 100)
    #expect(!busy.areSuspects)
    var sizes: [Int] = []
    for _ in 0..<3 {
        let group = try rig.deduct(50, from: item, hasSink: true)
        #expect(group.taken.first?.sequence == 1 && group.stop == .limitReached && group.areSuspects)
        sizes.append(group.taken.count)
        try rig.reap(item)
    }
    #expect(sizes == [16, 4, 1])
    // 1 is in doubt, and nothing else: 2...4 have one attempt left, each alone; then 5...16, then the rest.
    let doubtful = try rig.counters(item)
    #expect(doubtful.inDoubt == 1 && doubtful.redo == 99)
    var served: [[Int64]] = []
    while try rig.counters(item).redo > 0 {
        served.append(try rig.deduct(50, from: item, worker: "w2", hasSink: true).taken.map(\.sequence))
    }
    #expect(served.prefix(6) == [[2], [3], [4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]])
    #expect(served.flatMap { $0 } == Array(2...100) && served.dropFirst(6).allSatisfy { $0.count <= 16 })
    // The queue comes after, and what was lost once is no suspect.
    let fresh = try rig.deduct(50, from: item, worker: "w3", hasSink: true, isAlone: false)
    #expect(fresh.taken.map(\.sequence) == Array(101...120))
    try rig.reap(item, worker: "w3")
    let again = try rig.deduct(50, from: item, worker: "w4", hasSink: true, isAlone: false)
    #expect(again.taken.map(\.attempt) == Array(repeating: 2, count: 20))
    try rig.expectLedgerAddsUp(item)
}

@Test func `suspects and others don't go together, and without a sink nothing is suspected`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.fill(6, into: item)
    try rig.deduct(1, from: item, hasSink: true)
    try rig.reap(item)
    try rig.deduct(3, from: item, hasSink: true)
    try rig.reap(item)
    let suspect = try rig.deduct(5, from: item, hasSink: true)
    #expect(suspect.taken.map(\.sequence) == [1] && suspect.stop == .limitReached)
    try rig.reap(item, consumesAttempt: false)
    let sold = try rig.deduct(5, from: item, worker: "w2", hasSink: false, isAlone: false)
    #expect(sold.winners == 5 && sold.counters.sold == 5 && sold.counters.redo == 0)
}

@Test func `a lost worker's flight is taken back in slices`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 600)
    try rig.fill(600, into: item)
    for _ in 0..<3 { try rig.deduct(200, from: item, hasSink: true) }
    let slices = try (0..<4).map { _ in try rig.reap(item) }
    #expect(slices.map(\.taken) == [256, 256, 88, 0] && slices.map(\.left) == [344, 88, 0, 0])
    #expect(slices[3].counters == slices[2].counters && slices[2].counters.redo == 600)
    var served: [Int64] = []
    for _ in 0..<3 { served += try rig.deduct(200, from: item, worker: "w2", hasSink: true).taken.map(\.sequence) }
    #expect(served == Array(1...600))
}

@Test func `10,000 purchases in flight are recalled in full`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10_000)
    try rig.fill(10_000, into: item)
    for _ in 0..<40 { try rig.deduct(250, from: item, hasSink: true) }
    let recalled = try rig.recall(item)
    #expect(recalled.map(\.sequence) == Array(1...10_000))
    #expect(recalled.allSatisfy { $0.user == "u\($0.sequence - 1)" && $0.attempt == 1 })
    let other = try rig.recall(item, worker: "w2")
    #expect(other == [])
}

@Test func `a buyer leaves only while waiting`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 4) { $0.queueLimit = 100 }
    try rig.admit(
        Buy("a"), Buy("b"), Buy("c"), Buy("d", 9), Buy("e"), Buy("f"), Buy("g"), into: item)
    try rig.deduct(1, from: item)
    try rig.deduct(2, from: item, hasSink: true)
    try rig.settle(3, .refused, of: item)
    try rig.deduct(1, from: item, hasSink: true)
    // 1 sold, 2 processing, 3 rejected, 4 too large, 5 processing, 6 and 7 waiting
    let before = try rig.counters(item)
    let codes = try [1, 2, 3, 4, 5, 8, 70_000].map { try rig.cancel($0, of: item) }
    #expect(
        codes == [.alreadyFinal, .inProgress, .alreadyFinal, .alreadyFinal, .inProgress, .unknown, .unknown])
    let unchanged = try rig.counters(item)
    #expect(unchanged == before)
    let twice = try [6, 6].map { try rig.cancel($0, of: item) }
    #expect(twice == [.cancelled, .cancelled])
    let after = try rig.counters(item)
    #expect(after.cancelled == 1 && after.waiting == 1 && after.version == before.version + 1)
    let next = try rig.deduct(2, from: item)
    #expect(next.winners == 1 && next.counters.cancelled == 0 && next.counters.head == 7)
    try rig.settle(2, .confirmed, of: item)
    try rig.settle(5, .confirmed, of: item)
    try rig.admit(Buy("h"), into: item)
    let ended = try rig.counters(item)
    #expect(ended.ended == 1 && ended.endedAt == 7)
    let gone = try rig.cancel(6, of: item)
    #expect(gone == .cancelled)
}

@Test func `who waits is sold out at the end and cannot leave any more`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 1)
    try rig.fill(3, into: item)
    try rig.deduct(1, from: item)
    let code = try rig.cancel(2, of: item)
    #expect(code == .alreadyFinal)
}
