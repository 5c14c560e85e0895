import HoldKit
import Store
import TestKit
import Testing

/// Every interleaving of what may happen to three buyers, two units and their payments.
@Suite struct HoldTests {
    private static let limit = 20_000_000  // states

    @Test(arguments: [[1, 1, 1], [1, 1, 2]] as [[Int64]], [true, false])
    func `nobody is sold what is not there, loses a hold early or is passed over, whatever comes when`(
        quantities: [Int64], hasSink: Bool
    ) {
        let setting = HoldSetting(quantities: quantities, faults: Knobs.faults, hasSink: hasSink)
        let start = ContinuousClock.now
        let search = Explorer(from: HoldScene<SoundRules>(setting), limit: Self.limit)
        print(
            "holds of \(quantities)\(hasSink ? "" : ", no sink"), \(Knobs.faults) faults: \(search.report), "
                + "\(ContinuousClock.now - start)")
        #expect(search.counterexample == nil && search.isComplete, "\(search.report)")
        #expect(search.states > 1_000)
    }

    // MARK: A search that finds nothing where a rule is broken proves nothing

    private func expectCaught<Rules: HoldRules>(
        _: Rules.Type, _ rule: String, quantities: [Int64] = [1, 1, 1], faults: Int64 = 0,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let setting = HoldSetting(quantities: quantities, faults: faults)
        let search = Explorer(from: HoldScene<Rules>(setting), limit: Self.limit)
        #expect(search.counterexample?.rule.hasPrefix(rule) == true, "\(search.report)", sourceLocation: location)
    }

    @Test func `a worker that ends another's attempt is found`() {
        expectCaught(NoFence.self, "an attempt that is over is settled, or the last one is not", faults: 1)
    }

    @Test func `a hold that ends without its grace is found`() {
        expectCaught(NoGrace.self, "a hold ends before its deadline and the grace")
    }

    @Test func `holds that end by the store's clock alone are found`() {
        expectCaught(StoreClockOnly.self, "a hold ends before its deadline and the grace", faults: 1)
    }

    @Test func `holds that end by the leader's clock alone are found`() {
        expectCaught(LeaderClockOnly.self, "a hold ends before its deadline and the grace", faults: 1)
    }

    @Test func `a payment that is taken after the hold has ended is found`() {
        expectCaught(LatePaymentTaken.self, "a final state that was shown changes")
    }

    @Test func `a unit that is given back by the expiry and by the buyer is found`() {
        expectCaught(GivenBackTwice.self, "units are lost, or come from nowhere")
    }

    @Test func `a refund that returns the unit twice is found`() {
        expectCaught(RefundedTwice.self, "units are lost, or come from nowhere")
    }

    @Test func `a late payment that nobody pays back is found`() {
        expectCaught(LatePaymentNotDue.self, "what is due to be paid back is not what was paid for nothing")
    }

    @Test func `an authorized payment that is to be paid back is found`() {
        expectCaught(AuthorizedIsDue.self, "what is due to be paid back is not what was paid for nothing")
    }

    @Test func `a line that serves the newest first is found`() {
        expectCaught(NewestFirst.self, "a buyer is passed over")
    }

    @Test func `a line without quantities is found`() {
        expectCaught(QuantityIgnored.self, "a unit has no owner, or two", quantities: [1, 1, 2])
    }

    // MARK: Payments

    @Test func `authorized payments around the deadline need no refund`() {
        let payments = LatePayments(Knobs.payments, outcome: .authorized, seed: Knobs.seed)
        print("\(payments)")
        #expect(payments.due == 0 && payments.wrong == 0, "\(payments)")
        #expect(payments.late > payments.count / 2 && payments.sold > 0 && payments.refused > 0, "\(payments)")
    }

    @Test func `payments that are not authorized first are to be paid back where they came too late`() {
        let payments = LatePayments(10_000, outcome: .paid, seed: Knobs.seed)
        #expect(payments.due == payments.refused && payments.due > 0 && payments.wrong == 0, "\(payments)")
    }
}
