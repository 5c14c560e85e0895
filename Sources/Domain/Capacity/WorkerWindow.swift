package import Base

// DESIGN
// A worker reports its execution time apart from its own waiting time, so the time a purchase takes without a queue is
// measured, not guessed. By Little's law the slots really busy are rate x time; the window is that plus a small queue,
// so it follows a worker that becomes slower or faster without any probing. It begins at 2 and doubles while the rate
// still grows. Integers in micro-units, so that a run replays bit for bit.

/// How many purchases one worker may have in flight, from what it was seen to complete.
package struct WorkerWindow: Sendable {
    package enum Mode: Sendable, Equatable {
        /// Doubling; `flat` rounds in a row brought less than 15 % more.
        case start(flat: Int)
        case cruise
    }

    /// For the way of a grant to the worker and of the report back.
    package static let link: Int64 = 1_000  // microseconds
    private static let remembered = 10  // rates
    // Beyond what any worker does. They bound every product below to 63 bits, whatever a report says.
    private static let widest: Int64 = 1 << 20  // window
    private static let fastest: Int64 = 1_000_000_000  // completions per second
    private static let longest: Int64 = 3_600_000_000  // microseconds an execution

    package private(set) var mode = Mode.start(flat: 0)
    /// Purchases in flight, at least 1.
    package private(set) var window: Int64 = 2
    /// Completions per second as last measured over a full window; 0 before.
    package private(set) var rate: Int64 = 0
    /// Time of one purchase without waiting, microseconds; 0 before the first round.
    package private(set) var baseMicroseconds: Int64 = 0

    private var rates: [Int64] = []  // per second, newest last
    private var outliers = 0
    private var previousRate: Int64 = 0
    private var round = Round()

    private struct Round: Sendable {
        var began: MonotonicInstant?
        var count: Int64 = 0
        var executed: Int64 = 0  // microseconds
        var counted: Int64 = 0  // completions that `executed` is the sum of
        var wasFull = true
    }

    package init() {}

    /// The worker completed `count` purchases that executed for `executionSum` microseconds in all.
    ///
    /// - Parameter isFull: whether the window was used up when they were reported; only then does their rate say
    ///   what the worker can do.
    package mutating func complete(count: Int64, executionSum: Int64, isFull: Bool, now: MonotonicInstant) {
        guard count > 0 else { return }
        let count = min(count, Limits.completedAtOnce.upperBound)
        round.executed = min(round.executed + min(max(0, executionSum), count * Self.longest), 1 << 60)
        round.counted += count
        round.wasFull = round.wasFull && isFull
        guard let began = round.began else {
            round.began = now  // the rate is taken between the first and the last report of the round
            return
        }
        round.count = min(round.count + count, 1 << 33)
        guard round.counted >= need, now > began else { return }
        end(round, after: now - began)
        round = Round()
        round.began = now
    }

    /// The worker had nothing to do for a while: the time until now must not count into a rate.
    package mutating func rest() {
        round = Round()
    }

    private var need: Int64 {
        switch mode {
        case .start: max(10, window * 3 / 2)
        case .cruise: max(24, window * 3)
        }
    }

    private mutating func end(_ round: Round, after span: TimeSpan) {
        let measured = min(Self.fastest, round.count * 1_000_000_000 / max(1, span.nanoseconds))
        let execution = round.executed / round.counted + Self.link
        learn(execution: execution)
        guard round.wasFull else { return }
        rates.append(measured)
        if rates.count > Self.remembered { rates.removeFirst() }
        rate = bestRate
        let busy = rate * baseMicroseconds / 1_000_000
        switch mode {
        case .start(let flat): grow(measured: measured, busy: busy, flat: flat)
        case .cruise: settle(at: busy)
        }
    }

    private mutating func learn(execution: Int64) {
        if baseMicroseconds == 0 {
            baseMicroseconds = execution
        } else if execution * 10 < baseMicroseconds * 6 || execution * 10 > baseMicroseconds * 16 {
            outliers += 1
            guard outliers >= 2 else { return }
            baseMicroseconds = execution
            rates.removeAll(keepingCapacity: true)
        } else {
            baseMicroseconds += (execution - baseMicroseconds) * 3 / 10
        }
        outliers = 0
    }

    private mutating func grow(measured: Int64, busy: Int64, flat: Int) {
        let grew = measured * 100 >= previousRate * 115
        previousRate = max(previousRate, measured)
        let flatRounds = grew ? 0 : flat + 1
        if flatRounds >= 2 || busy * 10 < window * 6 && flatRounds >= 1 {
            mode = .cruise
            settle(at: busy)
        } else {
            mode = .start(flat: flatRounds)
            window = min(window * 2, Self.widest)
        }
    }

    /// A window for that many busy slots and a small queue; at most about twice the one before.
    private mutating func settle(at busy: Int64) {
        window = max(1, min(busy + 1 + busy * 8 / 100, 2 * window + 1, Self.widest))
    }

    /// The mean of the better half of the remembered rates, or of the last two where that is more.
    private var bestRate: Int64 {
        let sorted = rates.sorted(by: >)
        let half = sorted.prefix((sorted.count + 1) / 2)
        let recent = rates.suffix(2)
        return max(half.reduce(0, +) / Int64(half.count), recent.reduce(0, +) / Int64(recent.count))
    }
}
