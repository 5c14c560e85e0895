import Base
import Domain
import TestKit
import Testing

@testable import SimulationKit

/// The product's webhook sink, with its retries, breaker and doubts, before an order service in virtual time.
@Suite struct WebhookRunTests {
    private static let purchases: Int64 = 40

    /// Two workers, and a service with 4 slots of 20 ms that answers well from 4 s on; purchases come after a second.
    private func run(
        _ fault: ServiceFault.Kind? = nil, pause: TimeSpan? = nil, inDoubtAfter: TimeSpan = .seconds(900),
        refusedPerMille: Int64 = 0, breaker: CircuitBreaker.Mode = .alertOnly
    ) -> SaleRun {
        let pauses = pause.map { [(from: TimeSpan.zero, length: $0)] } ?? []
        var model = ServiceModel.Settings(course: ServiceCourse(mean: .milliseconds(20), slots: 4, pauses: pauses))
        if let fault { model.faults = [ServiceFault(fault, from: .zero, to: .seconds(4), perMille: 1_000)] }
        var size = SaleRun.Size()
        (size.items, size.workers, size.largestQuantity, size.stock) = (1, 2, 1, 1_000...1_000)
        size.refusedPerMille = refusedPerMille
        var setup = OrderServiceSetup(model: model)
        setup.inDoubtAfter = inDoubtAfter
        setup.breaker.mode = breaker
        size.orderService = setup
        let run = SaleRun(seed: 1, size: size)
        run.after(.seconds(1)) { $0.admit(Self.purchases, to: 0) }
        return run
    }

    private func expectSold(_ run: SaleRun, by end: TimeSpan, sourceLocation: SourceLocation = #_sourceLocation) {
        run.run(to: end)
        let counters = run.store.counters(0)
        #expect(counters.sold == Self.purchases && counters.held == 0, "\(counters)", sourceLocation: sourceLocation)
        #expect(run.orderService?.finishes.count == Int(Self.purchases), sourceLocation: sourceLocation)
        #expect(run.violation == nil, sourceLocation: sourceLocation)
    }

    @Test func `every purchase is one call and one order where all is well`() {
        let run = run()
        expectSold(run, by: .seconds(5))
        #expect(run.orderService?.calls == Int(Self.purchases))
    }

    @Test func `a refusal of the service gives the unit back`() {
        let run = run(refusedPerMille: 1_000)
        run.run(to: .seconds(5))
        let counters = run.store.counters(0)
        #expect(counters.sold == 0 && counters.held == 0 && counters.free == 1_000, "\(counters)")
        #expect(run.violation == nil)
    }

    @Test(arguments: [.failure, .reset, .failureAfterwards, .resetAfterwards] as [ServiceFault.Kind])
    func `an error or a reset holds the unit until an answer comes`(kind: ServiceFault.Kind) {
        let run = run(kind)
        run.run(to: .seconds(4))
        let counters = run.store.counters(0)
        #expect(counters.sold == 0 && counters.held > 0 && counters.free + counters.held == 1_000, "\(counters)")
        expectSold(run, by: .seconds(120))
        #expect(run.orderService?.calls ?? 0 > Int(Self.purchases))
    }

    @Test func `what was applied before the answer was lost is not ordered twice`() throws {
        let run = run(.failureAfterwards)
        run.run(to: .seconds(4))
        let item = try #require(run.store[run.name(0)])
        let applied = item.item.purchases.all.count {
            run.orderService?.decision(ItemIncarnation(item.name, item.incarnation), $0.sequence) == true
        }
        #expect(applied > 0 && run.store.counters(0).sold == 0)
        expectSold(run, by: .seconds(120))
    }

    @Test(arguments: [nil, .seconds(3)] as [TimeSpan?])
    func `a busy service is called again later, and is behind no breaker and in no doubt`(retryAfter: TimeSpan?) {
        let run = run(.busy(retryAfter: retryAfter), inDoubtAfter: .seconds(2))
        run.run(to: .seconds(4))
        #expect(run.store.counters(0).sold == 0 && run.store.counters(0).inDoubt == 0)
        expectSold(run, by: .seconds(60))
    }

    @Test func `a call without an answer in time is given up and made again with the same ticket`() {
        let run = run(pause: .seconds(7))
        run.run(to: .seconds(6))
        let calls = run.orderService?.calls ?? 0
        #expect(calls > 0 && run.store.counters(0).sold == 0 && run.orderService?.finishes.isEmpty == true)
        expectSold(run, by: .seconds(120))
        // Each of the first calls was served in the end, and made again.
        #expect(run.orderService?.calls ?? 0 >= Int(Self.purchases) + calls - 2, "\(calls)")
    }

    @Test func `what is never answered is in doubt, and sold once the service answers`() {
        let run = run(pause: .seconds(20), inDoubtAfter: .seconds(5))
        var most: Int64 = 0
        for step in 1...60 as ClosedRange<Int64> {
            run.run(to: .milliseconds(step * 250))
            most = max(most, run.store.counters(0).inDoubt)
            // The last answer to its first call is missing for so long.
            #expect(step * 250 >= 8_000 || most == 0)
        }
        #expect(most > 0 && run.store.counters(0).sold == 0, "\(most)")
        expectSold(run, by: .seconds(180))
    }

    @Test func `an open breaker keeps buyers in the queue, and closes by itself`() {
        let run = run(.failure, breaker: .auto)
        run.run(to: .seconds(4))
        #expect(run.store.counters(0).sold == 0)
        expectSold(run, by: .seconds(120))
    }
}
