import Base
import Testing

@testable import Domain

/// What no correct caller does: the machines trap.
@Suite struct IllegalEventTests {
    @Test func `an answer to no call of deduct is a mistake`() async {
        await #expect(processExitsWith: .failure) {
            var book = GrantBook()
            book.grant(Grant(term: 1, item: ItemName("demo")!, allowance: 3), now: at(0))
            let take = book.takes(inFlight: 0)[0]
            book.taken(take, winners: 3, stop: .limitReached, counters: ItemCounters())
            book.taken(take, winners: 3, stop: .limitReached, counters: ItemCounters())
        }
    }

    @Test func `an old report is not taken for a new one`() async {
        await #expect(processExitsWith: .failure) {
            let report = WorkerReport(
                worker: "w", beat: 1, term: 1, inFlight: 0, completed: 0, executionSum: 0, isComplete: false, lines: [])
            var worker = Worker(id: "w", hint: nil, now: at(0))
            worker.received(report, now: at(0))
            worker.received(report, now: at(1))
        }
    }

    @Test func `a permit that no worker wants is a mistake`() async {
        await #expect(processExitsWith: .failure) {
            var account = RetryAccount()
            account.grantOne(now: at(0))
        }
    }

    @Test func `a worker that places orders leaves once`() async {
        await #expect(processExitsWith: .failure) {
            var placers = OrderPlacers()
            placers.changed(from: true, to: nil)
        }
    }

    @Test func `a permit of the breaker ends once`() async {
        await #expect(processExitsWith: .failure) {
            var settings = CircuitBreaker.Settings()
            (settings.mode, settings.minimumCalls) = (.auto, 1)
            var breaker = CircuitBreaker(settings)
            guard let first = breaker.request(now: at(0)) else { return }
            breaker.ended(first, isFailure: true, duration: .zero, now: at(0))
            guard let probe = breaker.request(now: at(6_000)) else { return }
            breaker.cancelled(probe)
            breaker.cancelled(probe)
        }
    }

    @Test func `a late refusal is sent once`() async {
        await #expect(processExitsWith: .failure) {
            var logins = LoginGuard()
            logins.answeredLate()
        }
    }
}
