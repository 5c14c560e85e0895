import Base
import Testing

@testable import SimulationKit

/// Published limiters before the services of the space.
@Suite struct LimiterRunTests {
    private func score(_ drain: DrainCase, _ limiter: any Limiter) -> DrainScore {
        let ideal = IdealRun(drain)
        ideal.run(to: drain.end)
        return LimiterRun(drain, limiter).run(beside: ideal)
    }

    /// 4 slots of 20 ms for 20 s.
    private func steady(seed: UInt64 = 1) -> DrainCase {
        let to = DrainCase.start + .seconds(20)
        return DrainCase(
            seed: seed, regimes: [.init(from: DrainCase.start, to: to, mean: .milliseconds(20), slots: 4)])
    }

    @Test func `who knows the slots reaches the ideal, and a share of the rate that share`() {
        let window = score(steady(), FixedWindow(4))
        #expect(abs(window.share - 1) < 0.001 && window.queue == 0, "\(window)")
        #expect(abs(score(steady(), FixedWindow(2)).share - 0.5) < 0.02)
        #expect(abs(score(steady(), FixedRate(perSecond: 180)).share - 0.9) < 0.02)
        let large = score(steady(), FixedWindow(20))
        // 16 of 20 wait for 4 slots.
        #expect(abs(large.share - 1) < 0.001 && abs(large.queue - 4) < 0.01, "\(large)")
    }

    @Test func `a declared cap bounds what a limiter sends as it bounds the ideal`() {
        var drain = steady()
        drain.cap = 30
        let score = score(drain, FixedWindow(4))
        #expect(score.finished <= 601 && score.calls <= 601 && score.share > 0.99, "\(score)")
    }

    @Test func `a call without an answer in time is a drop, is made again, and its purchase counts once`() {
        final class Watch: Limiter {
            let window = 8
            var dropped: [TimeSpan] = []
            func ended(_ call: EndedCall, now: MonotonicInstant) { if call.isDropped { dropped.append(call.latency) } }
        }
        var drain = steady()
        drain.pauses = [(from: DrainCase.start + .seconds(1), length: .seconds(3))]
        var settings = ServiceModel.Settings(
            course: ServiceCourse(mean: .milliseconds(20), slots: 4, pauses: drain.pauses))
        settings.seed = 1
        drain.service.model = settings
        drain.arrivals = .listed([(at: DrainCase.start, count: Int64(1_000))])
        let watch = Watch()
        let score = score(drain, watch)
        // Of the eight that are in it when it stops, each once: it goes on before the next ones are given up.
        #expect(watch.dropped == [TimeSpan](repeating: drain.service.timeout, count: 8))
        #expect(score.calls == 1_008 && score.finished <= 1_000 && score.finished >= 990, "\(score)")
    }

    @Test func `what fails or is refused at once is called again until it is answered`() {
        var drain = steady()
        drain.arrivals = .listed([(at: DrainCase.start, count: Int64(400))])
        let (from, to) = (DrainCase.start, DrainCase.start + .seconds(1))
        for kind in [.failure, .busy(retryAfter: .seconds(1)), .resetAfterwards] as [ServiceFault.Kind] {
            drain.service.model.faults = [ServiceFault(kind, from: from, to: to, perMille: 1_000)]
            let score = score(drain, FixedWindow(4))
            #expect(score.finished == score.ideal && score.ideal == 400 && score.calls > 500, "\(kind) \(score)")
        }
    }

    @Test(arguments: Seeds.drain.prefix(8))
    func `no limiter beats the ideal but under a cap, and the same seed is the same run`(seed: UInt64) {
        let drain = DrainSpace.drain(seed: seed, mostCalls: 1_500)
        let scores = LimiterRun.scores(drain)
        for (limiter, score) in zip(PublishedLimiter.allCases, scores) {
            #expect(
                score.finished > 0 && (score.share <= 1.02 || drain.cap != nil),
                "\(limiter): \(score.share) \(replay(seed))")
        }
        let again = LimiterRun.scores(drain)
        #expect(scores.map(\.finished) == again.map(\.finished) && scores.map(\.calls) == again.map(\.calls))
    }

    @Test func `the table has a line for each limiter, and the product's below`() {
        let table = LimiterTable([1, 2].map { LimiterTable.Row(DrainSpace.drain(seed: $0, mostCalls: 500)) })
        let lines = table.markdown.split(separator: "\n")
        #expect(lines.count == 3 + PublishedLimiter.allCases.count && lines.last?.hasPrefix("| Sluice | ") == true)
        #expect(lines.allSatisfy { $0.split(separator: "|").count == 6 } && lines[0].contains("2 seeds"))
        #expect(table.problems.isEmpty)
    }
}
