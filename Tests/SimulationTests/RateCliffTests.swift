import Base
import Testing

@testable import SimulationKit

/// A service that breaks where too many calls come in any second.
@Suite struct RateCliffTests {
    private static func cliff() -> RateCliff { RateCliff(RateCliff.Settings(above: 40)) }

    private func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    private func call(_ cliff: inout RateCliff, _ times: some Sequence<Int64>) {
        for time in times { cliff.called(now: at(time)) }
    }

    @Test func `it bears the limit in any second, and breaks at one call more`() {
        var cliff = Self.cliff()
        call(&cliff, (0..<40).map { _ in 0 })
        #expect(!cliff.isBroken(now: at(999)) && cliff.collapses == 0)
        call(&cliff, (0..<40).map { _ in 1_000 })
        #expect(cliff.collapses == 0, "a second later it bears as many again")
        call(&cliff, [1_999])
        #expect(cliff.isBroken(now: at(1_999)) && cliff.collapses == 1)
    }

    @Test func `it works again two seconds after the last second with more calls than are calm`() {
        var cliff = Self.cliff()
        call(&cliff, (0..<41).map { _ in 0 })
        // 20 a second up to 2 s: the last second with more than 15 ends 0.25 s later.
        call(&cliff, (1...40).map { $0 * 50 })
        #expect(cliff.isBroken(now: at(4_240)) && !cliff.isBroken(now: at(4_260)))
        // Once it works it may break again.
        call(&cliff, (0..<41).map { _ in 5_000 })
        #expect(cliff.collapses == 2)
    }

    @Test func `while it is broken, calls take eight times as long and most of them fail`() {
        var drain = DrainCase.bank(seed: 1)
        drain.service.model.variation = 0.01
        let feed = DrainFeed(drain)
        var endings: [(at: Int64, ending: ServiceModel.Ending)] = []
        feed.run(to: DrainCase.start)
        for _ in 0..<60 {
            _ = feed.service.call { endings.append((feed.now.nanoseconds / 1_000_000, $0)) }
        }
        feed.run(to: DrainCase.start + .milliseconds(250))
        #expect(endings.count == 6, "those that began before")
        feed.run(to: DrainCase.start + .milliseconds(1_700))
        #expect(endings.count == 6, "\(endings.count)")
        feed.run(to: DrainCase.start + .milliseconds(1_900))
        #expect(endings.count == 12 && feed.service.collapses == 1, "\(endings.count)")
        let failed = endings.dropFirst(6).count { $0.ending != .served }
        #expect(endings.prefix(6).allSatisfy { $0.ending == .served } && failed >= 3, "\(failed)")
    }
}
