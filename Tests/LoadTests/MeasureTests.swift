import LoadKit
import Testing

@Test func `a quantile is never below the truth and at most a 32nd above it`() {
    var histogram = Histogram()
    var values: [Int64] = []
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<10_000 {
        let value = generator.below(1 << generator.below(50) + 1)
        values.append(value)
        histogram.record(Nanoseconds(value))
    }
    values.sort()
    for perMille in [1, 500, 900, 990, 999, 1_000] as [UInt64] {
        let truth = values[Int((10_000 * perMille + 999) / 1_000) - 1]
        let seen = histogram.quantile(perMille: perMille).count
        #expect(seen >= truth, "\(perMille)")
        #expect(seen <= truth + truth / 32, "\(perMille)")
    }
    #expect(histogram.largest.count == values.last)
}

@Test func `small and extreme values are counted exactly`() {
    var histogram = Histogram()
    #expect(histogram.quantile(perMille: 500) == .zero)
    for value in [0, 1, 63, -5] as [Int64] { histogram.record(Nanoseconds(value)) }
    #expect(histogram.quantile(perMille: 500).count == 0)
    #expect(histogram.quantile(perMille: 750).count == 1)
    #expect(histogram.quantile(perMille: 1_000).count == 63)
    histogram.record(Nanoseconds(.max))
    #expect(histogram.quantile(perMille: 1_000).count == .max)
    #expect(histogram.count == 5)
}

@Test func `the agenda gives what is due, earliest first, and first come first served among equals`() {
    var agenda = Agenda<Int>()
    var generator = SeededGenerator(seed: 11)
    var expected: [(Int64, Int)] = []
    for entry in 0..<2_000 {
        let time = generator.below(300)
        agenda.add(entry, at: Nanoseconds(time))
        expected.append((time, entry))
    }
    expected.sort { $0 < $1 }
    #expect(agenda.nextTime == Nanoseconds(expected[0].0))
    var seen: [(Int64, Int)] = []
    while let due = agenda.popDue(now: Nanoseconds(150)) { seen.append((due.time.count, due.entry)) }
    #expect(seen.elementsEqual(expected.prefix { $0.0 <= 150 }) { $0 == $1 })
    #expect(agenda.count == expected.count - seen.count)
    while let due = agenda.popDue(now: Nanoseconds(.max)) { seen.append((due.time.count, due.entry)) }
    #expect(seen.elementsEqual(expected) { $0 == $1 })
    #expect(agenda.nextTime == nil)
}

@Test func `the same seed opens with the same crowd, another seed with another`() {
    func opening(_ seed: UInt64) -> Opening {
        Opening(buyers: 1_000, window: .milliseconds(50), repeatPercent: 10, seed: seed)
    }
    let first = opening(7)
    #expect(first.presses == opening(7).presses)
    #expect(first.secondPresses == opening(7).secondPresses)
    #expect(first.presses != opening(8).presses)
    #expect(first.presses == first.presses.sorted())
    #expect(first.presses.allSatisfy { $0 >= .zero && $0 < .milliseconds(50) })
    #expect(first.secondPresses.count { $0 != nil } == 100)
    for (press, second) in zip(first.presses, first.secondPresses) {
        if let second { #expect(second >= press && second < press + .milliseconds(100)) }
    }
}
