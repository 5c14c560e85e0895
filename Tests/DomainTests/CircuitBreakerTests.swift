import Base
import Testing

@testable import Domain

/// A breaker on a clock that the test turns.
private final class Bench {
    var breaker: CircuitBreaker
    var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    init(_ change: (inout CircuitBreaker.Settings) -> Void = { _ in }) {
        var settings = CircuitBreaker.Settings()
        change(&settings)
        breaker = CircuitBreaker(settings)
    }

    /// One call from leave to end; false when there was no leave.
    @discardableResult
    func call(bad: Bool = false, for duration: TimeSpan = .milliseconds(1)) -> Bool {
        guard let permit = breaker.request(now: now) else { return false }
        now = now + duration
        breaker.ended(permit, isFailure: bad, duration: duration, now: now)
        return true
    }

    func request() -> CircuitBreaker.Permit? { breaker.request(now: now) }
    func set(isOpen: Bool) -> Bool { breaker.set(isOpen: isOpen) }

    func pass(_ span: TimeSpan) {
        now = now + span
        breaker.advance(now: now)
    }
}

@Test func `a breaker opens at the share and not before the minimum of calls`() {
    let bench = Bench()
    for _ in 0..<19 { bench.call(bad: true) }
    #expect(bench.breaker.state == .closed)
    bench.call(bad: true)
    #expect(bench.breaker.state == .open && bench.breaker.opened == 1)
    #expect(!bench.call())

    // Every fourth call is bad: 25 % never opens; every third does.
    let quarter = Bench()
    for number in 0..<1_000 { quarter.call(bad: number % 4 == 3) }
    #expect(quarter.breaker.state == .closed && quarter.breaker.seen == (1_000, 250))
    let third = Bench()
    for number in 0..<1_000 where third.breaker.state == .closed { third.call(bad: number % 3 == 2) }
    #expect(third.breaker.state == .open)
}

@Test func `a slow call is a bad one, at more than the threshold`() {
    let bench = Bench()
    for _ in 0..<200 { bench.call(for: .seconds(1)) }
    #expect(bench.breaker.state == .closed)
    for _ in 0..<30 { bench.call(for: .milliseconds(1_001)) }
    #expect(bench.breaker.state == .open)
}

@Test func `what is older than the window does not count`() {
    let bench = Bench()
    for _ in 0..<19 { bench.call(bad: true) }
    bench.pass(.seconds(61))
    #expect(bench.breaker.seen == (0, 0))
    for _ in 0..<19 { bench.call(bad: true) }
    #expect(bench.breaker.state == .closed)
    bench.pass(.seconds(30))
    bench.call(bad: true)
    #expect(bench.breaker.state == .open)
}

@Test func `an open breaker probes after its time, and closes when all probes end well`() {
    let bench = Bench()
    for _ in 0..<20 { bench.call(bad: true) }
    bench.pass(.milliseconds(4_999))
    #expect(bench.breaker.state == .open && bench.request() == nil)
    bench.pass(.milliseconds(1))
    #expect(bench.breaker.state == .halfOpen)
    let permits = (0..<5).compactMap { _ in bench.request() }
    #expect(permits.count == 3)
    for permit in permits.dropLast() {
        bench.breaker.ended(permit, isFailure: false, duration: .milliseconds(5), now: bench.now)
    }
    #expect(bench.breaker.state == .halfOpen && bench.request() == nil)
    bench.breaker.ended(permits[2], isFailure: false, duration: .milliseconds(5), now: bench.now)
    #expect(bench.breaker.state == .closed && bench.breaker.seen == (0, 0))
    for _ in 0..<19 { bench.call(bad: true) }
    #expect(bench.breaker.state == .closed)
}

@Test func `one bad or slow probe opens it again for the whole time`() {
    for slow in [false, true] {
        let bench = Bench()
        for _ in 0..<20 { bench.call(bad: true) }
        bench.pass(.seconds(5))
        #expect(bench.call())
        #expect(bench.call(bad: !slow, for: slow ? .seconds(2) : .milliseconds(1)))
        #expect(bench.breaker.state == .open && bench.breaker.probesAt == bench.now + .seconds(5))
        // One incident, however often it probes.
        #expect(bench.breaker.opened == 1)
    }
}

@Test func `calls that began in another state decide nothing`() throws {
    let bench = Bench()
    let early = (0..<10).compactMap { _ in bench.request() }
    for _ in 0..<20 { bench.call(bad: true) }
    bench.pass(.seconds(5))
    let probe = try #require(bench.request())
    for permit in early { bench.breaker.ended(permit, isFailure: true, duration: .seconds(5), now: bench.now) }
    #expect(bench.breaker.state == .halfOpen)
    bench.breaker.cancelled(early[0])
    bench.breaker.ended(probe, isFailure: false, duration: .milliseconds(1), now: bench.now)
    #expect(bench.call() && bench.call() && bench.breaker.state == .closed)
}

@Test func `a probe that was not made leaves its place to another`() throws {
    let bench = Bench { $0.probes = 1 }
    for _ in 0..<20 { bench.call(bad: true) }
    bench.pass(.seconds(5))
    let probe = try #require(bench.request())
    #expect(bench.request() == nil)
    bench.breaker.cancelled(probe)
    #expect(bench.call() && bench.breaker.state == .closed)
}

@Test func `alert-only says what it would do and lets every call out`() {
    let bench = Bench { $0.mode = .alertOnly }
    for _ in 0..<20 { bench.call(bad: true) }
    #expect(bench.breaker.isTripped && bench.breaker.state == .closed && bench.breaker.opened == 1)
    for _ in 0..<20 { #expect(bench.call(bad: true)) }
    #expect(bench.breaker.opened == 1)
    for _ in 0..<100 { bench.call() }
    #expect(!bench.breaker.isTripped)
    for _ in 0..<100 { bench.call(bad: true) }
    #expect(bench.breaker.isTripped)
    bench.pass(.seconds(61))
    #expect(!bench.breaker.isTripped)
}

@Test func `manual opens and closes by the operator's word alone`() {
    let bench = Bench { $0.mode = .manual }
    for _ in 0..<100 { bench.call(bad: true) }
    #expect(bench.breaker.state == .closed && !bench.breaker.isTripped)
    #expect(bench.set(isOpen: true))
    #expect(bench.breaker.state == .open && !bench.call())
    bench.pass(.seconds(3_600))
    #expect(bench.breaker.state == .open)
    bench.breaker.change(to: .auto, now: bench.now)
    #expect(!bench.set(isOpen: false))
    bench.pass(.seconds(5))
    #expect(bench.breaker.state == .halfOpen)
    bench.breaker.change(to: .manual, now: bench.now)
    #expect(bench.breaker.state == .closed && bench.call())
    #expect(bench.set(isOpen: true) && bench.set(isOpen: false) && bench.call())
}

@Test(arguments: 1...20 as ClosedRange<UInt64>)
func `the window counts what a plain list of all calls counts, to a bucket`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var window = CallWindow(length: .seconds(60))
    var all: [(at: MonotonicInstant, bad: Bool)] = []
    var now = MonotonicInstant(nanoseconds: random.below(1 << 40))
    for step in 0..<3_000 {
        now = now + .milliseconds(random.below(20) == 0 ? random.below(90_000) : random.below(50))
        let bad = random.below(3) == 0
        window.add(isBad: bad, now: now)
        all.append((now, bad))
        guard step % 50 == 0 else { continue }
        let second = now.nanoseconds / 1_000_000_000
        let inside = all.filter { second - $0.at.nanoseconds / 1_000_000_000 < 60 }
        #expect(window.calls == inside.count && window.bad == inside.count { $0.bad }, "seed \(seed)")
    }
}
