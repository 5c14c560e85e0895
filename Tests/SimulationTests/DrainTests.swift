import Base
import Domain
import SimulationKit
import TestKit
import Testing

/// Whether everything that can be sold is sold, whatever happens to messages, connections and processes. The workers
/// and schedulers are the product's.
@Suite struct DrainTests {
    private func expectDrained(_ kind: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let kind = DrainCheck.kinds[kind]
        for seed in Seeds.drain {
            let problem = DrainCheck.run(seed: seed, size: kind.size, faults: kind.faults).problem
            #expect(problem == nil, "\(replay(seed))", sourceLocation: sourceLocation)
        }
    }

    @Test func `drains every item soon after the faults end, without a sink`() { expectDrained(0) }

    @Test func `drains every item soon after the faults end, with an order sink`() { expectDrained(1) }

    @Test func `drains every item where the order sink refuses and units come back`() { expectDrained(2) }

    @Test func `drains when nine of ten messages are lost for a while`() { expectDrained(3) }

    @Test func `who wins pays, leaves or is too late, and nobody's time ends early, whatever the clocks do`() {
        expectDrained(6)
    }

    @Test func `orders that are not paid in time go to the next in line, whatever the clocks do`() { expectDrained(7) }

    @Test func `the same seed is the same run, message by message`() {
        let kind = DrainCheck.kinds[1]
        let digests = [3, 3, 4].map { DrainCheck.run(seed: $0, size: kind.size, faults: kind.faults).digest }
        #expect(digests[0] == digests[1] && digests[0] != digests[2])
    }

    @Test func `a sweep finds an item whose waking was lost`() {
        var size = SaleRun.Size()
        size.items = 1
        size.stock = 100...100
        let run = SaleRun(seed: 1, size: size, faults: .deafFor(.milliseconds(1_010)))
        run.after(.seconds(1)) { $0.admit(1, to: 0) }
        run.run(to: Limits.sweep - .milliseconds(100))
        #expect(run.store.counters(0).head == 0)
        run.run(to: Limits.sweep + .milliseconds(100))
        #expect(run.store.counters(0).head == 1)
    }
}
