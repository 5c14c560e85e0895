import Base
import Domain
import Testing

@Suite struct DrainRateTests {
    /// The head moves by `step` every `every` milliseconds from the first to the second time.
    private func move(
        _ rate: inout DrainRate, head: inout Int64, step: Int64, every: Int64, from: Int64, to end: Int64
    ) {
        for time in stride(from: from, through: end, by: Int(every)) {
            head += step
            rate.observe(head: head, now: at(time))
        }
    }

    @Test func `says nothing before anything moved, and nothing once all has stood still for 3 s`() {
        var rate = DrainRate()
        #expect(rate.perSecond(now: at(0)) == nil)
        rate.observe(head: 1_000, now: at(100))
        #expect(rate.perSecond(now: at(200)) == nil, "where it stood at first is no progress")
        rate.observe(head: 1_100, now: at(300))
        #expect(rate.perSecond(now: at(300)) != nil && rate.perSecond(now: at(1_900)) != nil)
        #expect(rate.perSecond(now: at(3_300)) == nil)
    }

    @Test(arguments: [0, 130, 499])
    func `shows a steady rate within 5 % at any time`(start: Int64) {
        var rate = DrainRate()
        var head: Int64 = 0
        rate.observe(head: 0, now: at(start))
        for time in stride(from: start + 10, to: start + 30_000, by: 10) {
            head += 1
            rate.observe(head: head, now: at(time))
            guard time > start + 1_000 else { continue }
            let shown = rate.perSecond(now: at(time)) ?? 0
            #expect(abs(shown - 100) <= 5, "\(shown) at \(time)")
        }
    }

    @Test func `what is bad shows fast and what is good slowly`() {
        var rate = DrainRate()
        var head: Int64 = 0
        rate.observe(head: 0, now: at(0))
        move(&rate, head: &head, step: 10, every: 100, from: 100, to: 20_000)
        move(&rate, head: &head, step: 1, every: 100, from: 20_100, to: 22_500)
        let fallen = rate.perSecond(now: at(22_500)) ?? 0
        #expect(fallen <= 12)
        move(&rate, head: &head, step: 1, every: 100, from: 22_600, to: 40_000)
        move(&rate, head: &head, step: 10, every: 100, from: 40_100, to: 42_500)
        let rising = rate.perSecond(now: at(42_500)) ?? 0
        #expect(rising <= 60)
        move(&rate, head: &head, step: 10, every: 100, from: 42_600, to: 52_000)
        let risen = rate.perSecond(now: at(52_000)) ?? 0
        #expect(risen >= 95)
    }

    @Test func `what was before a fall does not come back`() {
        var rate = DrainRate()
        var head: Int64 = 0
        rate.observe(head: 0, now: at(0))
        move(&rate, head: &head, step: 20, every: 100, from: 100, to: 20_000)
        for time in stride(from: Int64(20_100), through: 40_000, by: 100) {
            move(&rate, head: &head, step: 10, every: 100, from: time, to: time)
            let shown = rate.perSecond(now: at(time)) ?? 0
            #expect(time < 23_000 || abs(shown - 100) <= 10, "\(shown) at \(time)")
        }
    }

    @Test func `a head that seems to go back moves nothing`() {
        var rate = DrainRate()
        rate.observe(head: 10, now: at(0))
        rate.observe(head: 60, now: at(500))
        let before = rate.perSecond(now: at(1_000))
        #expect(before != nil)
        rate.observe(head: 20, now: at(1_000))
        rate.observe(head: 60, now: at(1_000))
        #expect(rate.perSecond(now: at(1_000)) == before)
    }

    @Test func `an hour of silence, and times that come twice, break nothing`() {
        var rate = DrainRate()
        rate.observe(head: 0, now: at(0))
        rate.observe(head: 5, now: at(0))
        rate.observe(head: 9, now: at(3_600_000))
        #expect(rate.perSecond(now: at(3_600_000)).map { $0 > 0 && $0 <= 8 } == true)
        #expect(rate.perSecond(now: at(7_200_000)) == nil)
    }
}
