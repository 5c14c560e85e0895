import Base
import Testing

@testable import Domain

func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

/// Who leads, event by event.
@Suite struct LeadershipTests {
    private typealias Action = Leadership.Action

    private static let renewal = Limits.leaderRenewal.wholeMilliseconds

    /// One that leads in `term` since 0.
    private func leader(term: Int64 = 1) -> Leadership {
        var machine = Leadership()
        _ = machine.handle(.connected, now: at(0))
        _ = machine.handle(.claimed(since: at(0), .leads(term: term)), now: at(0))
        return machine
    }

    private func renew(_ machine: inout Leadership, since: Int64, now: Int64, term: Int64 = 1) -> [Action] {
        #expect(machine.handle(.woken, now: at(since)) == [.claim(since: at(since))])
        return machine.handle(.claimed(since: at(since), .leads(term: term)), now: at(now))
    }

    @Test func `it claims when it is connected, and begins the term that the store names`() {
        var machine = Leadership()
        #expect(machine.state(now: at(0)) == .standby && !machine.mayGrant(now: at(0)))
        #expect(machine.handle(.connected, now: at(5)) == [.claim(since: at(5))])
        let actions = machine.handle(.claimed(since: at(5), .leads(term: 7)), now: at(9))
        #expect(actions == [.wake(at: at(9) + Limits.leaderRenewal), .begin(term: 7)])
        #expect(machine.state(now: at(9)) == .leading(term: 7) && machine.mayGrant(now: at(9)))
        #expect(machine.ledFor(now: at(29)) == .milliseconds(20))
    }

    @Test func `a renewal begins nothing anew`() {
        var machine = leader()
        #expect(renew(&machine, since: 800, now: 900) == [.wake(at: at(900) + Limits.leaderRenewal)])
        #expect(machine.ledFor(now: at(900)) == .milliseconds(900))
    }

    @Test func `another term than its own is begun, and an older one that comes late is not`() {
        var machine = leader(term: 4)
        #expect(renew(&machine, since: 800, now: 801, term: 6).contains(.begin(term: 6)))
        #expect(renew(&machine, since: 1_600, now: 1_601, term: 4) == [.wake(at: at(1_601) + Limits.leaderRenewal)])
        #expect(machine.state(now: at(1_601)) == .leading(term: 6))
        #expect(machine.state(now: at(800) + Limits.leaderSelfFence) == .fenced(term: 6), "it renewed nothing")
    }

    @Test func `a standby asks again when the lease of the leader may be over, or sooner`() {
        for (left, after) in [(10, 15), (60_000, Self.renewal)] as [(Int64, Int64)] {
            var machine = Leadership()
            _ = machine.handle(.connected, now: at(0))
            let actions = machine.handle(
                .claimed(since: at(0), .follows(leaseEnds: .milliseconds(left))), now: at(1))
            #expect(actions == [.wake(at: at(1 + after))])
            #expect(machine.handle(.woken, now: at(1 + after)) == [.claim(since: at(1 + after))])
        }
    }

    @Test
    func `without a renewal it is fenced, counted from when it was requested, and a renewal frees it in the same term`()
    {
        var machine = Leadership()
        _ = machine.handle(.connected, now: at(0))
        _ = machine.handle(.claimed(since: at(0), .leads(term: 1)), now: at(700))  // the answer was late
        let end = at(0) + Limits.leaderSelfFence
        #expect(machine.mayGrant(now: end + .nanoseconds(-1)) && !machine.mayGrant(now: end))
        #expect(machine.state(now: end) == .fenced(term: 1) && machine.isLeader)
        #expect(renew(&machine, since: 1_700, now: 1_701) == [.wake(at: at(1_701) + Limits.leaderRenewal)])
        #expect(machine.state(now: at(1_701)) == .leading(term: 1))
    }

    @Test func `a claim that failed is made again soon, and takes no leadership away`() {
        var machine = leader()
        _ = machine.handle(.woken, now: at(800))
        let actions = machine.handle(.claimed(since: at(800), .failed), now: at(900))
        #expect(actions == [.wake(at: at(900) + Leadership.retry)] && machine.mayGrant(now: at(900)))
    }

    @Test func `another leader ends the term`() {
        var machine = leader()
        _ = machine.handle(.woken, now: at(800))
        let actions = machine.handle(
            .claimed(since: at(800), .follows(leaseEnds: .milliseconds(100))), now: at(801))
        #expect(actions == [.stepDown(isOvertaken: true), .wake(at: at(906))])
        #expect(machine.state(now: at(801)) == .standby && machine.ledFor(now: at(801)) == .zero)
    }

    @Test func `a gap ends the term: the lease is given back before it is asked for again`() {
        var machine = leader()
        #expect(machine.handle(.disconnected, now: at(10)) == [.stepDown(isOvertaken: false), .yield])
        #expect(machine.state(now: at(10)) == .yielding && !machine.isLeader)
        // The store was away, and never received it.
        #expect(machine.handle(.yielded(isConfirmed: false), now: at(11)).isEmpty)
        #expect(machine.handle(.connected, now: at(20)) == [.yield, .claim(since: at(20))])
        _ = machine.handle(.yielded(isConfirmed: true), now: at(21))
        #expect(machine.state(now: at(21)) == .standby)
        let actions = machine.handle(.claimed(since: at(20), .leads(term: 2)), now: at(21))
        #expect(actions.last == .begin(term: 2))
    }

    @Test func `a yield that is under way is not sent twice`() {
        var machine = leader()
        _ = machine.handle(.disconnected, now: at(10))
        #expect(machine.handle(.connected, now: at(11)) == [.claim(since: at(11))])
    }

    @Test func `an answer from before a gap brings no term back`() {
        var machine = leader(term: 3)
        _ = machine.handle(.woken, now: at(800))
        _ = machine.handle(.disconnected, now: at(801))
        _ = machine.handle(.connected, now: at(802))
        let late = machine.handle(.claimed(since: at(800), .leads(term: 3)), now: at(803))
        #expect(late == [.yield, .wake(at: at(803) + Leadership.retry)] && !machine.isLeader)
        _ = machine.handle(.yielded(isConfirmed: true), now: at(804))
        let next = machine.handle(.claimed(since: at(802), .leads(term: 4)), now: at(805))
        #expect(next.last == .begin(term: 4))
    }

    @Test func `a lease that comes when messages are lost is given back`() {
        var machine = Leadership()
        _ = machine.handle(.connected, now: at(0))
        #expect(machine.handle(.disconnected, now: at(1)).isEmpty)
        #expect(machine.handle(.claimed(since: at(0), .leads(term: 1)), now: at(2)) == [.yield])
        #expect(machine.state(now: at(2)) == .yielding)
    }

    @Test func `it stops for good: what is answered or connected later changes nothing`() {
        var machine = leader()
        _ = machine.handle(.woken, now: at(800))
        #expect(machine.handle(.stopped, now: at(801)) == [.yield])
        #expect(machine.handle(.claimed(since: at(800), .leads(term: 1)), now: at(802)).isEmpty)
        #expect(machine.handle(.disconnected, now: at(803)).isEmpty && machine.handle(.connected, now: at(804)).isEmpty)
        #expect(machine.state(now: at(804)) == .stopped && !machine.mayGrant(now: at(804)))
        var standby = Leadership()
        #expect(standby.handle(.stopped, now: at(0)).isEmpty, "there is nothing to give back")
    }

    @Test func `answers to nothing are a mistake of the driver`() async {
        await #expect(processExitsWith: .failure) {
            var machine = Leadership()
            _ = machine.handle(.yielded(isConfirmed: true), now: at(0))
        }
        await #expect(processExitsWith: .failure) {
            var machine = Leadership()
            _ = machine.handle(.claimed(since: at(0), .failed), now: at(0))
        }
        await #expect(processExitsWith: .failure) {
            var machine = Leadership()
            _ = machine.handle(.connected, now: at(0))
            _ = machine.handle(.woken, now: at(1))
        }
    }
}
