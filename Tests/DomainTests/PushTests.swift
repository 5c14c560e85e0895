import Base
import Domain
import Testing

private func token(_ slot: Int) -> Token { Token(slot: UInt32(slot), generation: 1) }

@Test(arguments: 1...20)
func `listeners are found by the range of their sequences, whatever was added and removed before`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var index = SequenceIndex()
    var expected: [(sequence: Int64, slot: Int)] = []
    for slot in 0..<3_000 {
        if slot % 3 == 2, let gone = expected.indices.randomElement(using: &random) {
            let (sequence, old) = expected.remove(at: gone)
            let isRemoved = index.remove(token(old), for: sequence)
            let isRemovedTwice = index.remove(token(old), for: sequence)
            #expect(isRemoved && !isRemovedTwice)
        }
        let sequence = 1 + random.below(2_000)
        index.insert(token(slot), for: sequence)
        expected.append((sequence, slot))
    }
    #expect(index.count == expected.count)
    for _ in 0..<50 {
        let low = 1 + random.below(2_000)
        let range = low...low + random.below(500)
        let limit = 1 + Int(random.below(40))
        var (found, from, calls): ([Token], Int64?, Int) = ([], range.lowerBound, 0)
        while let start = from {
            let before = found.count
            from = index.collect(start...range.upperBound, atMost: limit, into: &found)
            calls += 1
            #expect(from == nil || found.count - before >= limit)
        }
        let wanted = expected.filter { range.contains($0.sequence) }.map(\.slot).sorted()
        #expect(found.map { Int($0.slot) }.sorted() == wanted)
        #expect(calls <= wanted.count / limit + 1)
    }
}

@Test func `those who listen for one sequence are taken together, however many`() {
    var index = SequenceIndex()
    for slot in 0..<2_000 { index.insert(token(slot), for: 7) }
    index.insert(token(9_999), for: 8)
    var found: [Token] = []
    #expect(index.collect(1...100, atMost: 10, into: &found) == 8)
    #expect(found.count == 2_000)
    #expect(index.collect(8...100, atMost: 10, into: &found) == nil && found.last == token(9_999))
}

@Test func `due ranges that touch become one, and too many become one that covers them`() {
    var index = SequenceIndex()
    for sequence in 1...1_000 { index.insert(token(sequence), for: Int64(sequence)) }
    var due = DueRanges()
    due.add(10...20)
    due.add(21...30)
    due.add(5...9)
    var found: [Token] = []
    due.take(from: index, atMost: 1_000, into: &found)
    #expect(due.isEmpty && found.map { Int($0.slot) } == Array(5...30))
    for step in 0..<65 { due.add(Int64(10 * step + 1)...Int64(10 * step + 2)) }
    found = []
    due.take(from: index, atMost: 1_000, into: &found)
    #expect(due.isEmpty && found.map { Int($0.slot) } == Array(1...642))
}

@Test func `a due range is taken in slices, without a gap`() {
    var index = SequenceIndex()
    for sequence in 1...1_000 { index.insert(token(sequence), for: Int64(sequence)) }
    var due = DueRanges()
    due.add(1...Int64.max - 1)
    var (found, slices): ([Token], Int) = ([], 0)
    while !due.isEmpty {
        due.take(from: index, atMost: 128, into: &found)
        slices += 1
    }
    #expect(found.map { Int($0.slot) } == Array(1...1_000) && slices == 8)
}

private func moment(_ milliseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
}

@Test(arguments: 1...10)
func `a visit is never early and at most a tenth of a second late, however the clock steps`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var wheel = VisitWheel(now: moment(0))
    var (now, planned): (Int64, [Int: Int64]) = (0, [:])
    for slot in 0..<2_000 {
        let time = now + random.below(25_000)
        wheel.add(token(slot), at: moment(time), now: moment(now))
        planned[slot] = time
        guard slot % 4 == 0 else { continue }
        let step = random.below(200)
        now += step
        var due: [Token] = []
        wheel.turn(to: moment(now), into: &due)
        for found in due {
            let time = planned.removeValue(forKey: Int(found.slot))
            #expect(time.map { $0 <= now } ?? false)
        }
        #expect(planned.values.allSatisfy { $0 > now - 100 })
    }
    #expect(wheel.count == planned.count && !planned.isEmpty)
    var due: [Token] = []
    wheel.turn(to: moment(now + 60_000), into: &due)
    #expect(due.count == planned.count && wheel.isEmpty && wheel.nextTurn(now: moment(now)) == nil)
}

@Test func `a visit beyond the wheel is made at its end`() {
    var wheel = VisitWheel(now: moment(0))
    wheel.add(token(1), at: moment(3_600_000), now: moment(0))
    var due: [Token] = []
    wheel.turn(to: moment(25_000), into: &due)
    #expect(due.isEmpty)
    wheel.turn(to: moment(25_700), into: &due)
    #expect(due == [token(1)])
    #expect(Limits.longPoll < VisitWheel.horizon && Limits.streamHeartbeat < VisitWheel.horizon)
}

@Test(arguments: [10, 500, 2_000, 15_000, 50_000])
func `those whose process died come back within ten seconds, and not all at once`(streams: Int) {
    var jitter = SplitMix64(seed: 5)
    let returns = (1...streams).map { ReconnectSpread.retry(streams: $0, jitter: &jitter) }
    let latest = returns.max() ?? 0
    #expect(latest <= 9_500)
    #expect((returns.min() ?? 0) >= 1_000, "a process needs up to a second to be back")
    if streams <= 100 { #expect(latest <= 2_000) }
    var perSecond = [Int](repeating: 0, count: 10)
    for time in returns { perSecond[Int(time / 1_000)] += 1 }
    let most = perSecond.max() ?? 0
    #expect(most <= max(2_200, streams / 7), "\(perSecond)")
}
