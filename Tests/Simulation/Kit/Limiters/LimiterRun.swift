import Base

// DESIGN
// A limiter before the service of a drain, in the place of the product: the same work of the n-th call, the same
// changes, pauses, faults and arrivals, and the declared cap bounds it as it bounds the ideal. It is favoured on
// purpose. There is no network, there are no processes that die, it sees the end of every call at once, it is one
// limiter for all workers, and a call that failed is made again at once, without a breaker and without a wait that
// the service asked for. As in the product a call is given up after its timeout, which the service does not notice: the
// purchase is called again, and it is answered by whichever call the service serves first.

/// A drain through a published limiter.
final class LimiterRun {
    private static let triesAtOnce = 64

    private final class Purchase { var isAnswered = false }

    private final class Call {
        let purchase: Purchase
        let began: MonotonicInstant
        let inFlight: Int  // with itself
        var isOver = false

        init(_ purchase: Purchase, began: MonotonicInstant, inFlight: Int) {
            (self.purchase, self.began, self.inFlight) = (purchase, began, inFlight)
        }
    }

    private let drain: DrainCase
    private let feed: DrainFeed
    private let limiter: any Limiter
    private var retries: ArraySlice<Purchase> = []
    private var inFlight = 0
    private var calls = 0

    init(_ drain: DrainCase, _ limiter: any Limiter) {
        (self.drain, self.limiter) = (drain, limiter)
        feed = DrainFeed(drain)
        feed.onChange = { [unowned self] in send() }
    }

    /// Each limiter before the same drain, in the order of `PublishedLimiter.allCases`.
    static func scores(_ drain: DrainCase) -> [DrainScore] {
        let ideal = IdealRun(drain)
        ideal.run(to: drain.end)
        return PublishedLimiter.allCases.map { LimiterRun(drain, $0.make(for: drain)).run(beside: ideal) }
    }

    /// Runs it to its end.
    ///
    /// - Parameter ideal: of the same drain, at its end.
    func run(beside ideal: IdealRun) -> DrainScore {
        var (time, queue) = (DrainCase.start, ServiceQueue())
        while time < drain.end {
            time = min(drain.end, time + .seconds(1))
            feed.run(to: time)
            queue.look(at: feed.service)
        }
        var score = DrainScore(
            drain, product: feed.finishes, ideal: ideal.finishes, worksUntil: ideal.doneAt ?? drain.end)
        score.calls = calls
        score.queue = queue.mean
        return score
    }

    private func send() {
        var tries = Self.triesAtOnce
        while inFlight < limiter.window, feed.hasWaiting {
            let wait = limiter.wait(now: feed.now)
            if wait > .zero { return feed.wake(at: feed.now + wait) }
            guard feed.take() else { return }
            if call(retries.popFirst() ?? Purchase()) { continue }
            tries -= 1
            if tries == 0 { return feed.wake(at: feed.now + .milliseconds(1)) }
        }
    }

    /// - Returns: whether the service took it in.
    private func call(_ purchase: Purchase) -> Bool {
        inFlight += 1
        calls += 1
        limiter.began(now: feed.now)
        let call = Call(purchase, began: feed.now, inFlight: inFlight)
        let refusal = feed.service.call { [unowned self] ending in
            if ending == .served, !purchase.isAnswered {
                purchase.isAnswered = true
                feed.finish()
            }
            end(call, isDropped: ending != .served)
        }
        guard refusal == nil else {
            end(call, isDropped: true)
            return false
        }
        feed.after(drain.service.timeout) { [unowned self] in
            guard !call.isOver else { return }
            end(call, isDropped: true)
            send()
        }
        return true
    }

    private func end(_ call: Call, isDropped: Bool) {
        guard !call.isOver else { return }
        call.isOver = true
        inFlight -= 1
        let now = feed.now
        limiter.ended(EndedCall(latency: now - call.began, inFlight: call.inFlight, isDropped: isDropped), now: now)
        guard isDropped else { return }
        feed.giveBack()
        retries.append(call.purchase)
    }
}
