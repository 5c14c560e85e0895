import Base
import Domain
import Store
import Testing

@testable import WorkerModule

private func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

private func refused(_ sink: String = "webhook", for milliseconds: Int64?) -> Store.Listing {
    .refused(by: sink, holds: milliseconds.map { .milliseconds($0) })
}

@Suite struct EnlistmentTests {
    @Test func `nothing is taken before the store has confirmed, nor long after`() {
        var enlistment = Enlistment()
        #expect(!enlistment.isValid(now: at(0)) && enlistment.isDue(now: at(0)))
        enlistment.sent(now: at(100))
        #expect(enlistment.answered(.listed, sent: at(100)) == .admitted)
        #expect(enlistment.isValid(now: at(100) + Limits.listingFence))
        #expect(!enlistment.isValid(now: at(101) + Limits.listingFence), "counted from the question")
        enlistment.sent(now: at(2_000))
        #expect(enlistment.answered(.listed, sent: at(2_000)) == .unchanged)
        #expect(enlistment.isValid(now: at(2_000) + Limits.listingFence))
    }

    @Test func `it asks again well before the store forgets`() {
        var enlistment = Enlistment()
        enlistment.sent(now: at(0))
        _ = enlistment.answered(.listed, sent: at(0))
        let beats = (1...10).map { at(0) + Limits.heartbeat * $0 }
        #expect(beats.first { enlistment.isDue(now: $0) } == at(0) + Limits.listingRenewal)
    }

    @Test func `a worker whose sink is another than that of workers at work gives up at the start`() {
        var enlistment = Enlistment()
        #expect(enlistment.answered(refused(for: 59_000), sent: at(0)) == .hopeless)
        var patient = Enlistment()
        #expect(patient.answered(refused("none", for: 5_800), sent: at(0)) == .refused)
        #expect(patient.answered(refused("none", for: 5_300), sent: at(500)) == .unchanged)
        #expect(patient.answered(refused("none", for: 5_900), sent: at(1_000)) == .hopeless, "somebody is there")
        var lasting = Enlistment()
        #expect(lasting.answered(refused(for: nil), sent: at(0)) == .hopeless)
    }

    @Test func `a worker waits for the hold of workers that are gone`() {
        var enlistment = Enlistment()
        #expect(enlistment.answered(refused("none", for: 5_800), sent: at(0)) == .refused)
        #expect(enlistment.reason(own: .webhook)?.contains("none") == true && !enlistment.isValid(now: at(0)))
        #expect(enlistment.answered(refused("none", for: 300), sent: at(5_500)) == .unchanged)
        #expect(enlistment.answered(.listed, sent: at(6_000)) == .admitted)
        #expect(enlistment.reason(own: .webhook) == nil && enlistment.isValid(now: at(6_000)))
    }

    @Test func `a worker that was away while others with another sink began takes nothing, and does not end`() {
        var enlistment = Enlistment()
        _ = enlistment.answered(.listed, sent: at(0))
        enlistment.forget()
        #expect(!enlistment.isValid(now: at(1)), "another connection may lead to another store")
        #expect(enlistment.answered(refused("none", for: 5_000), sent: at(1)) == .refused)
        #expect(enlistment.answered(refused("none", for: 5_900), sent: at(500)) == .unchanged)
        #expect(!enlistment.isValid(now: at(501)) && enlistment.isDue(now: at(501)))
        #expect(enlistment.answered(.listed, sent: at(9_000)) == .admitted)
    }
}
