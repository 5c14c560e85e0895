extension Scenario.Thresholds {
    /// What `result` does not keep to, in words; empty when it keeps to all.
    func missed(by result: LoadResult) -> [String] {
        let (all, refused) = (result.latency["all"], result.latency["refused"])
        var missed: [String] = []
        func most(_ name: String, _ limit: Double?, _ value: Double?, _ unit: String) {
            guard let limit, let value, value > limit else { return }
            missed.append("\(name): \(Text.decimal(value)) \(unit), at most \(Text.decimal(limit))")
        }
        func least(_ name: String, _ limit: Double?, _ value: Double) {
            guard let limit, value < limit else { return }
            missed.append("\(name): \(Text.decimal(value)) a second, at least \(Text.decimal(limit))")
        }
        most("p99", p99Milliseconds, all?.p99Ms, "ms")
        most("p99.9", p999Milliseconds, all?.p999Ms, "ms")
        most("p99 of refusals", refusedP99Milliseconds, refused?.p99Ms, "ms")
        least("accepted", acceptedPerSecond, result.acceptedPerS)
        least("answered", answeredPerSecond, result.answeredPerS)
        let count = result.unanswered + result.wrong
        if let errors, count > errors {
            missed.append("errors: \(Text.grouped(count)), at most \(Text.grouped(errors))")
        }
        if let limit = finalWithinSeconds {
            let took = result.drainedMs.map { Double($0) / 1_000 }
            if let took { most("all final", limit, took, "s after the last arrival") }
            if took == nil { missed.append("all final: \(Text.grouped(result.waiting)) still wait") }
        }
        return missed
    }
}
