import Base
import Domain
import Store
import Testing

// Messages between processes, as bytes: what was written is read, and what was not is refused.

private struct Writer {
    var random: SplitMix64

    mutating func number() -> Int64 {
        switch random.below(6) {
        case 0: 0
        case 1: Limits.counter.upperBound
        default: random.below(1 << (1 + random.below(39)))
        }
    }

    mutating func name() -> ItemName {
        let letters = Array("abcXYZ019_-")
        let text = String((0...random.below(63)).map { _ in letters.randomElement(using: &random)! })
        return ItemName(text)!
    }

    mutating func grants() -> [Grant] {
        (0..<random.below(20)).map { _ in Grant(term: number(), item: name(), allowance: number()) }
    }

    /// Such as a script can leave.
    mutating func counters() -> ItemCounters {
        var counters = ItemCounters()
        (counters.version, counters.notification) = (number(), number())
        counters.tail = random.below(Limits.sequence.upperBound)
        counters.head = random.below(counters.tail + 1)
        counters.cancelled = random.below(counters.tail - counters.head + 1)
        (counters.endedAt, counters.ended) = (random.below(counters.tail + 1), random.below(2))
        let third = Limits.stock.upperBound / 3
        (counters.free, counters.held, counters.sold) = (random.below(third), random.below(third), random.below(third))
        (counters.inDoubt, counters.redo) = (random.below(counters.held + 1), random.below(counters.held + 1))
        return counters
    }

    /// One that a worker reports.
    mutating func stop() -> DeductStop {
        DeductStop.allCases.filter { $0 != .needsIdleWorker }.randomElement(using: &random)!
    }

    mutating func report() -> WorkerReport {
        WorkerReport(
            worker: "worker-\(random.below(99))-x", beat: number(), term: number(), inFlight: number(),
            completed: number(), executionSum: number(), isComplete: random.below(2) == 0,
            lines: (0..<random.below(8)).map { _ in
                .init(item: name(), allowance: number(), used: number(), stop: stop(), counters: counters())
            })
    }

    mutating func bytes(_ count: Int64) -> [UInt8] { (0..<count).map { _ in UInt8(random.below(256)) } }

    /// The text with one byte changed, left out or put in.
    mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        let at = Int(random.below(Int64(text.count)))
        switch random.below(3) {
        case 0: text[at] = UInt8(random.below(256))
        case 1: text.remove(at: at)
        default: text.insert(UInt8(random.below(256)), at: at)
        }
        return text
    }
}

@Test func `grants and reports come back as they were written`() {
    var writer = Writer(random: SplitMix64(seed: 1))
    for _ in 0..<500 {
        let grants = writer.grants()
        #expect(Grant.decode(Array(Grant.encode(grants).utf8)) == grants)
        let report = writer.report()
        #expect(WorkerReport.decode(Array(report.encode().utf8)) == report)
    }
}

@Test func `seeded garbage is refused`() {
    var writer = Writer(random: SplitMix64(seed: 2))
    for _ in 0..<3000 {
        let garbage = writer.bytes(1 + writer.random.below(200)) + [UInt8(ascii: "x")]
        #expect(Grant.decode(garbage) == nil)
        #expect(WorkerReport.decode(garbage) == nil)
        #expect(ChangeNotification(payload: garbage) == nil)
    }
    #expect(WorkerReport.decode([]) == nil && ChangeNotification(payload: []) == nil && Grant.decode([]) == [])
}

@Test func `a damaged message is refused, or read as one that could have been written`() {
    var writer = Writer(random: SplitMix64(seed: 3))
    var refused = 0
    for _ in 0..<1000 {
        let grants = writer.damaged(Array(Grant.encode(writer.grants() + writer.grants() + [grant]).utf8))
        if let read = Grant.decode(grants) {
            #expect(Grant.decode(Array(Grant.encode(read).utf8)) == read)
        } else {
            refused += 1
        }
        let report = writer.damaged(Array(writer.report().encode().utf8))
        if let read = WorkerReport.decode(report) {
            #expect(WorkerReport.decode(Array(read.encode().utf8)) == read)
        } else {
            refused += 1
        }
    }
    #expect(refused > 200)
}

private let grant = Grant(term: 1, item: ItemName("last")!, allowance: 1)

@Test func `a notification is refused when a word is missing, too long, or its runs are cut`() throws {
    let text = "D item 00000000000000ff " + "1 2 3 4294967295 5 6 17 8 9 10 1 12\n"
    let runs: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 7, 255, 255, 255, 255, 0, 0, 0, 1, 1]
    let notification = try #require(ChangeNotification(payload: Array(text.utf8) + runs))
    #expect(
        notification.incarnation == 255 && !notification.changesSettings && notification.counters.redo == 12
            && notification.counters.version == 1)
    #expect(notification.runs.map { [$0.first, $0.count, Int64($0.byte)] } == [[1, 2, 7], [4_294_967_295, 1, 1]])
    for cut in 1..<runs.count where cut % 9 != 0 {
        #expect(ChangeNotification(payload: Array(text.utf8) + runs.dropLast(cut)) == nil)
    }
    let words = text.split(whereSeparator: { " \n".contains($0) }).map(String.init)
    for index in words.indices {
        var fewer = words
        fewer.remove(at: index)
        let longer = words[...index] + ["1"] + words[(index + 1)...]
        var wrong = words
        wrong[index] = "!!"
        for changed in [fewer, Array(longer), wrong] {
            #expect(
                ChangeNotification(payload: Array((changed.joined(separator: " ") + "\n").utf8)) == nil, "\(changed)")
        }
    }
}
