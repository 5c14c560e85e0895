import Base
import Testing

@testable import Domain

private let start = MonotonicInstant(nanoseconds: 5_000_000_000)

@Test func `two more calls go out soon, the later ones at growing distances`() {
    var plan = RetryPlan(RetryPlan.Settings(), seed: 1)
    var course = RetryPlan.Course()
    var longest: [TimeSpan] = Array(repeating: .zero, count: 9)
    for run in 0..<400 {
        course = RetryPlan.Course()
        plan = RetryPlan(RetryPlan.Settings(), seed: UInt64(run))
        for step in longest.indices {
            plan.began(&course)
            longest[step] = max(longest[step], plan.unanswered(&course, now: start + .seconds(Int64(step))))
        }
    }
    let bounds: [Int64] = [100, 200, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000]
    for (seen, bound) in zip(longest, bounds) {
        #expect(seen <= .milliseconds(bound) && seen > .milliseconds(bound * 9 / 10), "\(longest)")
    }
    #expect(course.unansweredSince == start)
}

@Test func `waits are drawn from zero up`() {
    var plan = RetryPlan(RetryPlan.Settings(), seed: 3)
    let waits = (0..<2_000).map { _ -> TimeSpan in
        var course = RetryPlan.Course()
        plan.began(&course)
        return plan.unanswered(&course, now: start)
    }.filter { $0 > .milliseconds(100) }
    let below = waits.count { $0 < .milliseconds(500) }
    #expect(waits.count > 1_500 && below > waits.count / 6 && below < waits.count / 3)
}

@Test func `soon repeated calls stay within a tenth of the first ones`() {
    var plan = RetryPlan(RetryPlan.Settings(), seed: 7)
    var (calls, soon) = (0, 0)
    for _ in 0..<10_000 {
        var course = RetryPlan.Course()
        while course.waits == 0 {
            plan.began(&course)
            calls += 1
            _ = plan.unanswered(&course, now: start)
            if course.waits == 0 { soon += 1 }
        }
    }
    #expect(soon <= 10_000 / 10 + 10 && soon >= 10_000 / 10)
    #expect(calls == 10_000 + soon)
}

@Test func `saved up retries have a bound`() {
    var plan = RetryPlan(RetryPlan.Settings(), seed: 7)
    for _ in 0..<100_000 {
        var course = RetryPlan.Course()
        plan.began(&course)
    }
    #expect(plan.budget == 100 * 100)
}

@Test func `a busy service is asked again when it said, and not before`() {
    var plan = RetryPlan(RetryPlan.Settings(), seed: 2)
    for _ in 0..<200 {
        var course = RetryPlan.Course()
        plan.began(&course)
        let wait = plan.busy(&course, retryAfter: .seconds(7))
        #expect(wait >= .seconds(7) && wait <= .milliseconds(7_700))
        let (soon, far) = (plan.busy(&course, retryAfter: .zero), plan.busy(&course, retryAfter: .seconds(86_400)))
        #expect(soon <= .milliseconds(50) && far <= .seconds(330))
        #expect(course.unansweredSince == nil)
    }
}

@Test func `a busy answer does not make an unanswered call answered`() {
    var plan = RetryPlan(RetryPlan.Settings(), seed: 2)
    var course = RetryPlan.Course()
    plan.began(&course)
    _ = plan.unanswered(&course, now: start)
    plan.began(&course)
    _ = plan.busy(&course, retryAfter: nil)
    plan.began(&course)
    _ = plan.unanswered(&course, now: start + .seconds(9))
    #expect(course.unansweredSince == start)
}

@Test func `without a budget a call is repeated later only`() {
    var settings = RetryPlan.Settings()
    settings.budgetAtStart = 0
    settings.budgetPercent = 0
    var plan = RetryPlan(settings, seed: 2)
    var course = RetryPlan.Course()
    plan.began(&course)
    _ = plan.unanswered(&course, now: start)
    #expect(course.waits == 1)
}
