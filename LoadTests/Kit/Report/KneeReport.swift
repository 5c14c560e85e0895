/// What the search for the knee found, step by step, and how the server does below and far above it.
package struct KneeReport: Sendable, Encodable {
    package struct Step: Sendable, Encodable {
        package let ratePerS: Double
        package let held: Bool
        package let arrivals: Int64
        package let answeredPerS: Double
        package let acceptedPerS: Double
        package let refused: Int64
        package let unanswered: Int64
        /// Of all answers, nil when there was none.
        package let latency: LoadResult.Spread?
        /// Of refusals alone, nil when nobody was refused.
        package let refusedLatency: LoadResult.Spread?
        /// Without the wait for a connection.
        package let served: LoadResult.Spread?

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
        package var text: String {
            func padded(_ value: Double?, _ unit: String, _ width: Int) -> String {
                Text.padded(value.map { Text.decimal($0) + unit } ?? "-", width)
            }
            return padded(ratePerS, "/s", 10) + " answered " + padded(answeredPerS, "/s", 10)
                + " p50 " + padded(latency?.p50Ms, "", 8) + " p99 " + padded(latency?.p99Ms, "", 8)
                + " p99.9 " + padded(latency?.p999Ms, "", 8) + " ms"
        }
    }

    package let scenario: String
    package let p99LimitMs: Double
    package internal(set) var kneePerS = 0.0
    package internal(set) var steps: [Step] = []
    package internal(set) var at70Percent: Step?
    package internal(set) var at300Percent: Step?

    package init(scenario: String, p99Milliseconds: Double) {
        self.scenario = scenario
        p99LimitMs = p99Milliseconds
    }

    /// Notes a step of the search and returns its line.
    package mutating func climbed(to rate: Double, _ result: LoadResult, held: Bool) -> String {
        let step = Step(rate: rate, result, held: held)
        steps.append(step)
        if held { kneePerS = max(kneePerS, rate) }
        return "  \(step.text)  \(held ? "held" : "passed")"
    }

    /// Notes how the server does at 70 % of the knee, where it should be run.
    package mutating func settled(at rate: Double, _ result: LoadResult) -> String {
        let step = Step(rate: rate, result, held: KneeSearch.held(result, p99Milliseconds: p99LimitMs))
        at70Percent = step
        return "  70 %  \(step.text)"
    }

    /// Notes how the server does at three times the knee: what of its most places it still gives, how fast it answers.
    package mutating func overloaded(at rate: Double, _ result: LoadResult) -> [String] {
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
