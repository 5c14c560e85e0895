import Base
import Domain
import SimulationKit
import TestKit
import Testing

/// Holds that end because they are not paid in time, by the product's scheduler.
@Suite struct PayLaterTests {
    private func sale(items: Int, stock: Int64, purchases: Int64, schedulers: Int = 1) -> SaleRun {
        var size = SaleRun.Size()
        (size.items, size.stock, size.slots, size.largestQuantity) = (items, stock...stock, 0, 1)
        (size.payWindow, size.payGrace) = (.seconds(20), .seconds(1))
        let run = SaleRun(seed: 7, size: size)
        for _ in 1..<schedulers { run.startScheduler() }
        run.run(to: .seconds(2))
        for index in 0..<items { run.admit(purchases, to: index) }
        return run
    }

    @Test func `what is not paid in time goes to the next in line within a quarter of a second`() {
        let run = sale(items: 30, stock: 10, purchases: 60)
        run.payers.faultsEnded()
        run.run(to: .seconds(300))
        #expect(run.violation == nil && run.payers.overdue == nil && run.undrained.isEmpty)
        #expect(!run.payers.areWaiting && run.payers.finalProblem == nil)
        #expect(run.payers.expired > 50 && run.payers.sold >= 290)
        let lateness = run.holdLateness
        #expect(lateness.count > 50 && lateness.quantile(perMille: 990) <= 250_000 && lateness.largest <= 1_000_000)
    }

    @Test(arguments: [3_600, -3_600] as [Int64])
    func `a clock of Redis that jumps is shown, keeps holds for five seconds, and ends none early`(jump: Int64) {
        let run = sale(items: 4, stock: 10, purchases: 20, schedulers: 2)
        run.run(to: .seconds(20))
        run.store.moveClock(by: .seconds(jump))
        run.run(to: .seconds(24))
        #expect(run.hasLeader && abs(run.clocksApart.wholeMilliseconds - jump * 1_000) < 10)
        let expired = run.payers.expired
        run.run(to: .milliseconds(24_500))
        #expect(run.payers.expired == expired, "they end 21 s after the win")
        run.run(to: .seconds(27))
        #expect(run.clocksApart == .zero && run.payers.expired > expired)
        run.payers.faultsEnded()
        run.run(to: .seconds(200))
        #expect(run.violation == nil && run.payers.finalProblem == nil && !run.payers.areWaiting)
    }

    @Test func `a scheduler that takes over ends what came due meanwhile`() {
        let run = sale(items: 4, stock: 10, purchases: 20, schedulers: 2)
        run.run(to: .milliseconds(22_900))
        run.killScheduler()
        run.run(to: .milliseconds(26_500))
        #expect(run.payers.expired > 0)
        run.payers.faultsEnded()
        run.run(to: .seconds(200))
        #expect(run.violation == nil && run.payers.overdue == nil && run.payers.finalProblem == nil)
    }
}
