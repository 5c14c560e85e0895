import Base
import Testing

@testable import Domain

/// The parts of the two controllers, each by itself, and the numbers that they are tuned with.
@Suite struct ControllerPartsTests {
    @Test func `the dispatch latency is the median of the last nine, and never less than a millisecond`() {
        var dispatch = DispatchLatency()
        #expect(dispatch.microseconds == 1_000)
        for milliseconds in [3, 3, 900, 3] as [Int64] { dispatch.add(.milliseconds(milliseconds)) }
        #expect(dispatch.microseconds == 3_000, "a pause is not taken for it")
        for _ in 0..<5 { dispatch.add(.zero) }
        #expect(dispatch.microseconds == 1_000)
    }

    @Test func `a pause in a round counts as six medians`() {
        var round = ExecutionRound()
        round.add(
            5, executed: 1_000_040, times: [10, 10, 10, 10, 1_000_000], failed: 0, isFull: true, isHeldBack: false)
        let found = round.finding(mostMedians: 6)
        #expect(found.median == 10 && found.execution == 20)
    }

    @Test func `one slot executes for as long as the round took at most`() {
        var round = ExecutionRound()
        var longer = ExecutionController.Tuning()
        longer.oneSlotCompletions = 25
        round.begin(now: at(0))
        round.add(24, executed: 240_000, times: [], failed: 0, isFull: true, isHeldBack: false)
        round.countRate(23)
        #expect(round.looksLikeOneSlot(.init(), microseconds: 230_000) == true)
        #expect(round.looksLikeOneSlot(.init(), microseconds: 115_000) == false)
        #expect(round.looksLikeOneSlot(longer, microseconds: 230_000) == nil, "too short")
        round.add(1, executed: 10_000, times: [], failed: 0, isFull: true, isHeldBack: true)
        #expect(round.looksLikeOneSlot(.init(), microseconds: 230_000) == nil, "something else was the bound")
    }

    @Test func `probes are further apart where the last drain found nothing new`() {
        var probe = LatencyProbe(LatencyController.Tuning.standard)
        func roundsUntilDue() -> Int {
            var rounds = 0
            while !probe.isDue(now: at(0)) {
                probe.held()
                rounds += 1
            }
            return rounds
        }
        probe.begin(window: 10, rate: 1_000, now: at(0))
        #expect(roundsUntilDue() == 5)
        probe.drained(isNear: true)
        #expect(roundsUntilDue() == 10)
        probe.drained(isNear: true)
        #expect(roundsUntilDue() == 16, "at most")
        probe.drained(isNear: false)
        #expect(roundsUntilDue() == 4)
    }

    @Test func `a probe is kept where the rate rose with the window, or no queue came of it`() {
        var probe = LatencyProbe(LatencyController.Tuning.standard)
        probe.begin(window: 10, rate: 1_000, now: at(0))
        #expect(probe.brought(rate: 1_120, window: 12, hasNoQueue: false))
        #expect(!probe.brought(rate: 1_119, window: 12, hasNoQueue: false))
        #expect(probe.brought(rate: 900, window: 12, hasNoQueue: true))
        #expect(!probe.brought(rate: 2_000, window: 10, hasNoQueue: true), "it was never tried")
    }

    @Test func `a controller keeps the tuning that it was given, whatever it goes through`() {
        var execution = ExecutionController.Tuning()
        execution.coldWindow = 5
        var worker = ExecutionController(tuning: Shared(execution))
        worker.die()
        worker.join()
        #expect(worker.window == 5)
        worker.reset()
        #expect(worker.window == 5)
        var latency = LatencyController.Tuning()
        latency.coldWindow = 7
        var group = LatencyController(tuning: Shared(latency), now: at(0))
        group.die()
        group.join(now: at(1))
        #expect(group.window == 7)
        group.reset(now: at(2))
        #expect(group.window == 7)
    }
}
