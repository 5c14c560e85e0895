import Base
import Testing

@testable import OrderServiceModule

/// The bank of the capacity goals: 6 slots of 200 ms, broken by more than 40 calls in any second.
private func bank() -> Counter {
    Counter {
        $0.slots = 6
        $0.serviceTime = .milliseconds(200)
        $0.collapseAbove = 40
    }
}

@Test func `calls of any second are counted, not of whole ones only`() {
    var counter = Counter()
    for time in [Int64(900), 950, 999, 1_000, 1_500, 1_899, 1_900] {
        counter.run(to: milliseconds(time))
        counter.call("k")
    }
    // 900...1899 has six; at 1900 the first one is a whole second old.
    #expect(counter.service.busiestSecond == 6)
    #expect(Array(counter.service.figures.callsBySecond.prefix(2)) == [3, 4])
}

@Test func `it bears the limit, and breaks at one call more`() {
    var counter = bank()
    for number in 0..<40 { counter.call("k\(number)") }
    #expect(!counter.service.isBroken(at: counter.now))
    counter.run(to: milliseconds(999))
    counter.call("one more")
    #expect(counter.service.isBroken(at: counter.now))
    #expect(counter.service.collapses == 1)
}

@Test func `a second later the limit may be reached again`() {
    var counter = bank()
    for number in 0..<40 { counter.call("a\(number)") }
    counter.run(to: milliseconds(1_000))
    for number in 0..<40 { counter.call("b\(number)") }
    #expect(counter.service.collapses == 0)
    #expect(counter.service.busiestSecond == 40)
}

@Test func `while broken it is eight times slower and nine of ten calls fail`() {
    var counter = bank()
    counter.change { $0.slots = 1_000 }
    for number in 0..<500 { counter.call("k\(number)") }
    counter.run(to: milliseconds(199))
    #expect(counter.replies.isEmpty)
    counter.run(to: milliseconds(200))
    #expect(counter.replies.count == 40)  // those that began before
    counter.run(to: milliseconds(1_600))
    #expect(counter.replies.count == 500)
    let failed = counter.replies.filter { $0.reply == .failed }.count
    #expect((390...435).contains(failed))
    #expect(counter.service.book.orders == 500 - failed)
}

@Test func `it recovers two seconds after it became calm, and not while calls are too many`() {
    var counter = bank()
    for number in 0..<41 { counter.call("k\(number)") }
    // 20 a second, more than the 15 that are calm, for 3 s; the last second with more than 15 ends at 3.95 + 0.25 s.
    for step in 1...60 {
        counter.run(to: milliseconds(950 + Int64(step) * 50))
        counter.call("later\(step)")
    }
    #expect(counter.now == milliseconds(3_950))
    #expect(counter.service.isBroken(at: milliseconds(6_199)))
    #expect(!counter.service.isBroken(at: milliseconds(6_200)))
    counter.run(to: milliseconds(9_000))
    #expect(counter.service.brokenTime(counter.now) == .milliseconds(6_200))
    #expect(counter.service.collapses == 1)
}

@Test func `fifteen a second are calm enough`() {
    var counter = bank()
    for number in 0..<41 { counter.call("k\(number)") }
    for step in 1...40 {
        counter.run(to: milliseconds(1_000 + Int64(step) * 70))
        counter.call("later\(step)")
    }
    #expect(!counter.service.isBroken(at: milliseconds(3_000)))
    #expect(counter.service.brokenTime(counter.now) == .milliseconds(3_000))
}

@Test func `a second collapse is another one`() {
    var counter = bank()
    for number in 0..<41 { counter.call("a\(number)") }
    counter.run(to: milliseconds(3_000))
    for number in 0..<41 { counter.call("b\(number)") }
    #expect(counter.service.collapses == 2)
    counter.run(to: milliseconds(10_000))
    #expect(counter.service.brokenTime(counter.now) == .milliseconds(6_000))
    counter.service.resetFigures(now: counter.now)
    #expect(counter.service.collapses == 0)
    #expect(counter.service.brokenTime(counter.now) == .zero)
}

@Test func `gaps, stays and time with too much inside are measured`() {
    var counter = Counter { $0.slots = 1 }
    for number in 0..<10 {
        counter.run(to: milliseconds(Int64(number) * 10))
        counter.call("k\(number)")
    }
    counter.run(to: milliseconds(1_000))
    let figures = counter.service.figures
    #expect(figures.gaps.count == 9)
    #expect(abs(figures.gaps.quantile(perMille: 10) - 10_000) < 700)
    #expect(figures.service.quantile(perMille: 990) <= 20_000)
    // The last one came at 90 ms and left at 200.
    #expect(abs(figures.stay.quantile(perMille: 1_000) - 110_000) < 7_000)
    // More than four inside: from the call at 70 ms (five) until one leaves at 120 and four are left.
    #expect(figures.overloadedTime(counter.now) == .milliseconds(50))
}
