import Base
import Domain
import ExecutionKit

/// Buyers who wait, poll when they are supposed to, and get an estimate of how long it will still take; judged by when
/// their turn came.
struct WaitRun {
    /// One answer, seconds.
    struct Answer {
        var time: Double
        var wait: Double
        var p50: Double
        var p90: Double

        var error: Double { abs(p50 - wait) / wait }
        /// Too early is worse than too late.
        var isTooEarly: Bool { p50 < wait }
        /// From the 10th to the 90th percentile; the lower one is as far from the middle.
        var isInBand: Bool { (2 * p50 - p90...p90).contains(wait) }
    }

    private(set) var answers: [Answer] = []
    private var rate = DrainRate()
    private var random: SplitMix64
    private var buyers: [(sequence: Int, pollsAt: MonotonicInstant)] = []

    private static let turn = TimeSpan.milliseconds(10)  // so often the head is seen
    private static let comes = TimeSpan.milliseconds(200)  // from one buyer to the next
    private static let farthest = 10.0  // seconds that a new buyer has to wait, at most
    private static let nearest = 1.0  // below it chance decides, and no buyer needs a number

    /// - Parameter from: when the first buyer comes: a rate is known by then.
    init(_ scenario: ExecutionScenario, seed: UInt64, from begin: Double = 12) {
        random = SplitMix64(seed: seed)
        let turns = ExecutionRun(scenario, seed: seed).run().sends
        var now = MonotonicInstant(nanoseconds: 0)
        var comesAt = MonotonicInstant(nanoseconds: Int64(begin * 1e9))
        var head = 0
        while head < turns.count {
            while head < turns.count, turns[head] <= now.nanoseconds { head += 1 }
            rate.observe(head: Int64(head), now: now)
            if now >= comesAt, let pace = rate.pace(now: now) {
                let ahead = 1 + random.below(Int64(pace.perSecond * Self.farthest))
                buyers.append((head + Int(ahead), now))
                comesAt = comesAt + Self.comes
            }
            poll(head: head, turns: turns, now: now)
            now = now + Self.turn
        }
    }

    private mutating func poll(head: Int, turns: [Int64], now: MonotonicInstant) {
        let budget = PollBudget(perSecond: nil)
        buyers.removeAll { $0.sequence <= head || $0.sequence > turns.count }
        for index in buyers.indices where buyers[index].pollsAt <= now {
            let position = Int64(buyers[index].sequence - head)
            let pace = rate.pace(now: now)
            let hint = budget.wait(PollPace(pace).wait(position: position), jitter: &random)
            buyers[index].pollsAt = now + .milliseconds(hint)
            let wait = Double(turns[buyers[index].sequence - 1] - now.nanoseconds) / 1e9
            guard let pace, wait >= Self.nearest else { continue }
            let estimate = WaitEstimate(position: position, at: pace)
            answers.append(
                Answer(
                    time: Double(now.nanoseconds) / 1e9, wait: wait, p50: Double(estimate.p50) / 1_000,
                    p90: Double(estimate.p90) / 1_000))
        }
    }

    /// Those given from `begin` to `end`.
    func answers(from begin: Double, to end: Double = .infinity) -> [Answer] {
        answers.filter { begin <= $0.time && $0.time < end }
    }
}

extension [WaitRun.Answer] {
    var medianError: Double { isEmpty ? .infinity : map(\.error).sorted()[count / 2] }
    var inBand: Double { isEmpty ? 0 : Double(count { $0.isInBand }) / Double(count) }
}
