public import Base

// DESIGN
// A worker reports its execution time apart from its own waiting time, so the time a purchase takes without a queue is
// measured, not guessed. By Little's law the slots really busy are rate x time; the window is that plus a small queue,
// so it follows a worker that becomes slower or faster without any probing. It begins at 2 and doubles while the rate
// still grows. The time of the way (grant, taking, report) is measured as well: taken for shorter than it is, the
// window would lie below the slots, and the worker would starve. Integers, so that a run replays bit for bit; rates per
// 1,000 s, because a worker of long orders completes less than one a second.

/// How many purchases one worker may have in flight, from what it was seen to complete.
public struct WorkerWindow: Sendable {
    public enum Mode: Sendable, Equatable {
        /// Doubling; `flat` rounds in a row brought less than 15 % more.
        case start(flat: Int)
        case cruise
    }

    /// The least that a grant to the worker and its report back are taken to need, microseconds.
    public static let leastLink: Int64 = 1_000
    public static let largest: Int64 = 1 << 20  // purchases
    private static let longest: Int64 = 3_600_000_000  // microseconds, a purchase
    private static let mostCounted: Int64 = 1 << 24  // completions a round
    private static let fastest: Int64 = 10_000_000_000  // completions per 1,000 s
    private static let rememberedRates = 10
    private static let rememberedLinks = 9
    private static let rememberedMeans = 255

    public private(set) var mode = Mode.start(flat: 0)
    /// Purchases in flight, `1...largest`.
    public private(set) var window: Int64 = 2
    /// Time of one purchase in its slot, microseconds; 0 before the first round.
    public private(set) var baseMicroseconds: Int64 = 0

    private var rate1000: Int64 = 0
    private var rates: [Int64] = []  // per 1,000 s, newest last
    private var links: [Int64] = []  // microseconds, newest last
    private var outliers = 0
    private var previousRate: Int64 = 0
    private var round = Round()

    private struct Round: Sendable {
        var began: MonotonicInstant?
        var count: Int64 = 0
        var executed: Int64 = 0  // microseconds
        var counted: Int64 = 0  // completions that `executed` is the sum of
        var means: [Int64] = []  // of the execution in each report, microseconds
        var wasFull = true
    }

    public init() {}

    /// Completions per second as last measured over a full window; 0 before.
    public var rate: Int64 { rate1000 / 1_000 }

    /// The worker completed `count` purchases that executed for `executionSum` microseconds in all.
    ///
    /// - Parameter isFull: whether the window was used up since the last report; only then does the rate say what the
    ///   worker can do.
    public mutating func complete(count: Int64, executionSum: Int64, isFull: Bool, now: MonotonicInstant) {
        guard count > 0, round.counted < Self.mostCounted else { return }
        let count = min(count, Self.largest)
        let executed = min(max(0, executionSum), count * Self.longest)
        round.executed += executed
        round.counted += count
        if round.means.count < Self.rememberedMeans { round.means.append(executed / count) }
        round.wasFull = round.wasFull && isFull
        guard let began = round.began else {
            round.began = now  // the rate is taken between the first and the last report of the round
            return
        }
        round.count += count
        let span = (now - began).wholeMicroseconds
        guard round.counted >= need, span > 0 else { return }
        end(round, microseconds: span)
        round = Round()
        round.began = now
    }

    /// The worker has nothing to do: the time until its next report must not count into a rate.
    public mutating func rest() {
        round = Round()
    }

    /// The worker said that it knew of a grant this long after the grant was sent.
    public mutating func answered(after span: TimeSpan) {
        links.append(min(max(0, span.wholeMicroseconds), Self.longest))
        if links.count > Self.rememberedLinks { links.removeFirst() }
    }

    private var need: Int64 {
        switch mode {
        case .start: max(10, window * 3 / 2)
        case .cruise: max(24, window * 3)
        }
    }

    /// The way of a grant and back: the median, so that a pause or a lost message is not taken for it.
    private var link: Int64 { links.isEmpty ? Self.leastLink : max(Self.leastLink, links.sorted()[links.count / 2]) }

    private mutating func end(_ round: Round, microseconds span: Int64) {
        learn(execution: max(1, round.executed / round.counted), median: round.means.sorted()[round.means.count / 2])
        guard round.wasFull else { return }
        rates.append(min(Self.fastest, round.count * 1_000_000_000 / span))
        if rates.count > Self.rememberedRates { rates.removeFirst() }
        rate1000 = bestRate
        switch mode {
        case .start(let flat): grow(flat: flat)
        case .cruise: window = cruising
        }
    }

    private mutating func learn(execution: Int64, median: Int64) {
        if baseMicroseconds == 0 {
            baseMicroseconds = execution
        } else if execution * 10 > baseMicroseconds * 16 && median * 10 < baseMicroseconds * 12 {
            return  // a few were held up, as by a pause: the worker itself is as fast as before
        } else if execution * 10 < baseMicroseconds * 6 || execution * 10 > baseMicroseconds * 16 {
            outliers += 1
            guard outliers >= 2 else { return }
            // As many slots are busy as before, so the rates are what changed: one unlucky round must not decide alone.
            for index in rates.indices { rates[index] = scaled(rates[index], to: execution) }
            baseMicroseconds = execution
        } else {
            baseMicroseconds += (execution - baseMicroseconds) * 3 / 10
        }
        outliers = 0
    }

    private func scaled(_ rate: Int64, to execution: Int64) -> Int64 {
        let (product, overflow) = rate.multipliedReportingOverflow(by: baseMicroseconds)
        return overflow ? Self.fastest : min(product / execution, Self.fastest)
    }

    private mutating func grow(flat: Int) {
        let measured = rates[rates.count - 1]
        let grew = measured * 100 >= previousRate * 115
        previousRate = max(previousRate, measured)
        let flatRounds = grew ? 0 : flat + 1
        if flatRounds >= 2 || busy1000 < window * 600 && flatRounds >= 1 {
            mode = .cruise
            window = cruising
        } else {
            mode = .start(flat: flatRounds)
            // Twice what works now is enough for the next doubling: past the slots the window must not run ahead.
            window = min(2 * window, max(window + 1, busy1000 / 500 + 2), Self.largest)
        }
    }

    /// Thousandths of a purchase that the worker has in its slots and under way, at the best rate seen lately.
    private var busy1000: Int64 {
        let (product, overflow) = rate1000.multipliedReportingOverflow(by: baseMicroseconds + link)
        return overflow ? Self.largest * 1_000 : min(product / 1_000_000, Self.largest * 1_000)
    }

    /// What is busy, one more and 8 % more: it climbs by itself below the slots, and stops a small queue above them.
    private var cruising: Int64 {
        min((busy1000 * 108 + 50_000) / 100_000 + 1, 2 * window + 1, Self.largest)
    }

    /// The mean of the better half of the remembered rates, or of the last two where that is more.
    private var bestRate: Int64 {
        let sorted = rates.sorted(by: >)
        let half = sorted.prefix((sorted.count + 1) / 2)
        let recent = rates.suffix(2)
        return max(half.reduce(0, +) / Int64(half.count), recent.reduce(0, +) / Int64(recent.count))
    }
}
