/// What the search for the knee found, step by step, and how the server does below and far above it.
public struct KneeReport: Sendable, Encodable {
    public struct Step: Sendable, Encodable {
        public let ratePerS: Double
        public let held: Bool
        public let arrivals: Int64
        public let answeredPerS: Double
        public let acceptedPerS: Double
        public let refused: Int64
        public let unanswered: Int64
        /// Of all answers, nil when there was none.
        public let latency: LoadResult.Spread?
        /// Of refusals alone, nil when nobody was refused.
        public let refusedLatency: LoadResult.Spread?
        /// Without the wait for a connection.
        public let served: LoadResult.Spread?

        init(rate: Double, _ result: LoadResult, held: Bool) {
            ratePerS = rate
            self.held = held
            (arrivals, answeredPerS, acceptedPerS) = (result.arrivals, result.answeredPerS, result.acceptedPerS)
            refused = result.refusals.values.reduce(0, +)
            unanswered = result.unanswered
            (latency, refusedLatency) = (result.latency["all"], result.latency["refused"])
            served = result.latency["served"]
        }

        /// One line for people.
        public var text: String {
            func padded(_ value: Double?, _ unit: String, _ width: Int) -> String {
                Text.padded(value.map { Text.decimal($0) + unit } ?? "-", width)
            }
            return padded(ratePerS, "/s", 10) + " answered " + padded(answeredPerS, "/s", 10)
                + " p50 " + padded(latency?.p50Ms, "", 8) + " p99 " + padded(latency?.p99Ms, "", 8)
                + " p99.9 " + padded(latency?.p999Ms, "", 8) + " ms"
        }
    }

    public let scenario: String
    public let p99LimitMs: Double
    public internal(set) var kneePerS = 0.0
    public internal(set) var steps: [Step] = []
    /// Of the runs at 70 % of the knee, the one whose p99 is the middle one.
    public internal(set) var at70Percent: Step?
    public internal(set) var at70PercentRuns: [Step] = []
    public internal(set) var at300Percent: Step?

    public init(scenario: String, p99Milliseconds: Double) {
        self.scenario = scenario
        p99LimitMs = p99Milliseconds
    }

    /// Notes a step of the search and returns its line.
    public mutating func climbed(to rate: Double, _ result: LoadResult, held: Bool) -> String {
        let step = Step(rate: rate, result, held: held)
        steps.append(step)
        if held { kneePerS = max(kneePerS, rate) }
        return "  \(step.text)  \(held ? "held" : "passed")"
    }

    /// How often the server runs at 70 % of the knee: a pause of this machine is in one run, the server's own in most.
    public static let settledRuns = 3

    /// Notes a run at 70 % of the knee, where a server should be run. One without any answer counts as the slowest.
    public mutating func settled(at rate: Double, _ result: LoadResult) -> String {
        let step = Step(rate: rate, result, held: KneeSearch.held(result, p99Milliseconds: p99LimitMs))
        at70PercentRuns.append(step)
        let slowest = Double.infinity
        let sorted = at70PercentRuns.sorted { $0.latency?.p99Ms ?? slowest < $1.latency?.p99Ms ?? slowest }
        at70Percent = sorted[sorted.count / 2]
        return "  70 %  \(step.text)"
    }

    /// Notes how the server does at three times the knee: what of its most places it still gives, how fast it answers.
    public mutating func overloaded(at rate: Double, _ result: LoadResult) -> [String] {
        let step = Step(rate: rate, result, held: false)
        at300Percent = step
        let best = steps.filter(\.held).map(\.acceptedPerS).max() ?? 0
        let kept = best > 0 ? step.acceptedPerS * 100 / best : 0
        let served = step.served.map { "; served in p99 \(Text.decimal($0.p99Ms)) ms" } ?? ""
        return [
            "  300 % \(step.text)",
            "        accepted \(Text.decimal(step.acceptedPerS))/s, \(Text.decimal(kept)) % of the most before;"
                + " \(Text.grouped(step.refused)) refused, \(Text.grouped(step.unanswered)) unanswered\(served)",
        ]
    }
}
