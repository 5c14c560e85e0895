import Base
import SimulationKit
import Testing

/// What the scheduler itself costs where there are many.
@Suite struct SchedulerLoadTests {
    @Test func `a thousand workers and a hundred items are served alike, and all of them`() {
        let run = SchedulerLoad(workers: 1_000, items: 100)
        let figures = run.run(milliseconds: 600)
        // 4 slots of 200 ms each, all busy after the windows have grown.
        #expect(figures.completed >= 4_000, "\(figures.completed)")
        #expect(figures.jain >= 0.99)
    }

    @Test func `ten thousand idle items make no event dearer`() {
        let few = SchedulerLoad(workers: 20, items: 10).run(milliseconds: 2_000)
        let many = SchedulerLoad(workers: 20, items: 10, idle: 10_000).run(milliseconds: 2_000)
        #expect(few.completed == many.completed && few.grants == many.grants)
        #expect(many.seconds <= 3 * few.seconds + 0.2, "\(few.seconds) s, \(many.seconds) s")
    }
}
