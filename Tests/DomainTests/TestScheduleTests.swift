import Base
import Testing

@testable import Domain

/// When the window is compared with another one.
@Suite struct TestScheduleTests {
    private static let tuning = LatencyController.Tuning()
    private static let mean = 20_000.0  // microseconds

    private static func begun(mean: Double = mean, at time: Int64 = 0) -> TestSchedule {
        var schedule = TestSchedule(LatencyController.Tuning.standard)
        schedule.begin(mean: mean, now: at(time))
        return schedule
    }

    private func due(_ schedule: TestSchedule, _ time: Int64, window: Int = 100, most: Int = 65_536) -> Int? {
        schedule.due(window: window, most: most, now: at(time))
    }

    /// Milliseconds from `time` on until a test for less is due, where none for more may be.
    private func wait(_ schedule: TestSchedule, from time: Int64) -> Int64 {
        (0...600_000).first { due(schedule, time + $0, most: 0) != nil } ?? -1
    }

    private func isBelieved(_ schedule: inout TestSchedule, share: Double, _ time: Int64) -> Bool {
        schedule.foundQueue(share: share, now: at(time))
    }

    @Test func `a test for more is due at once, and is a quarter more, one at least`() {
        let schedule = Self.begun()
        #expect(due(schedule, 0) == 125 && due(schedule, 0, window: 1) == 2 && due(schedule, 0, window: 2) == 3)
        #expect(due(schedule, 0, window: 100, most: 100) == nil, "more than may be tried")
    }

    @Test func `where no room was found the next test for more waits for some calls' time`() {
        var schedule = Self.begun()
        schedule.foundNoRoom(mean: 1_000, now: at(10))
        let least = Self.tuning.leastMoreGap.wholeMilliseconds
        #expect(due(schedule, 10 + least - 1) == nil && due(schedule, 10 + least) == 125)
        schedule.foundNoRoom(mean: 400_000, now: at(10))
        let calls = Int64(Self.tuning.moreGapCalls) * 400
        #expect(due(schedule, 10 + calls - 1) == nil && due(schedule, 10 + calls) == 125)
        schedule.foundRoom(now: at(11))
        #expect(due(schedule, 11) == 125)
    }

    @Test func `a test for less is a quarter less, and never less than one`() {
        let schedule = Self.begun()
        let first = wait(schedule, from: 0)
        #expect(first == max(Self.tuning.leastLessGap.wholeMilliseconds, Int64(Self.tuning.lessGapCalls) * 20))
        #expect(due(schedule, first) == 75 && due(schedule, first, window: 2) == 1)
        #expect(due(schedule, first, window: 1) == 2, "there is nothing less: more")
    }

    @Test func `tests for less that find no queue are ever further apart, to a bound`() {
        var schedule = Self.begun()
        var (time, gaps) = (Int64(0), [Int64]())
        for _ in 0..<8 {
            gaps.append(wait(schedule, from: time))
            time += gaps[gaps.count - 1]
            schedule.foundNoQueue(mean: Self.mean, now: at(time))
        }
        #expect(gaps[1] == 2 * gaps[0] && gaps[2] == 4 * gaps[0] && gaps[7] == gaps[6], "\(gaps)")
        #expect(gaps[7] <= 4 * gaps[0] + 6 * Self.tuning.leastLessGap.wholeMilliseconds)
        schedule.broke(mean: Self.mean, now: at(time))
        #expect(due(schedule, time) == 75)
        #expect(isBelieved(&schedule, share: 0.5, time))
        #expect(wait(schedule, from: time) == gaps[0], "and begin again where calls were held back")
    }

    @Test func `calls that take longer bring a test for less at once, for half where they take far longer`() {
        var schedule = Self.begun()
        schedule.becameLonger(from: 20_000, to: 30_000, now: at(10))
        #expect(due(schedule, 10) == 75)
        schedule.becameLonger(from: 20_000, to: 200_000, now: at(20))
        #expect(due(schedule, 20) == 50)
        schedule.foundNoQueue(mean: 200_000, now: at(30))
        #expect(due(schedule, 30 + wait(schedule, from: 30)) == 75, "once")
    }

    @Test func `a faster service brings a test for more at once`() {
        var schedule = Self.begun()
        schedule.foundNoRoom(mean: 400_000, now: at(0))
        #expect(due(schedule, 100) == nil)
        schedule.becameShorter(now: at(100))
        #expect(due(schedule, 100) == 125)
    }

    @Test func `more than a queue can add is believed the second time, after a test at once`() {
        var schedule = Self.begun()
        let tooMuch = Self.tuning.mostShift + 0.1
        #expect(!isBelieved(&schedule, share: tooMuch, 10))
        #expect(due(schedule, 10) == 75)
        #expect(isBelieved(&schedule, share: tooMuch, 20))
        #expect(!isBelieved(&schedule, share: tooMuch, 30), "a doubt is used up")
        schedule.foundNoQueue(mean: Self.mean, now: at(40))
        #expect(!isBelieved(&schedule, share: tooMuch, 50), "and is gone where nothing was found")
        #expect(isBelieved(&schedule, share: Self.tuning.mostShift, 60))
    }

    @Test func `after all of a queue was found it looks for less again at once`() {
        var schedule = Self.begun()
        #expect(isBelieved(&schedule, share: 1, 10) && due(schedule, 10) == 75)
        #expect(isBelieved(&schedule, share: 0.5, 20) && due(schedule, 20) == 125)
        schedule.settle(now: at(30))
        #expect(wait(schedule, from: 30) > 0)
    }
}
