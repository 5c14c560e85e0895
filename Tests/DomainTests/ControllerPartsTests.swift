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
