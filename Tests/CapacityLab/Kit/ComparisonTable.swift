import Base

/// The scenarios under each limiter: throughput over what was possible, p99 in flight over that without load, and the
/// seconds of 55 in overload; for the bank also how often it broke.
public struct ComparisonTable {
    private struct Column {
        var name: String
        var make: (Scenario) -> (Int, UInt64, MonotonicInstant) -> any Limiter
    }

    private let seeds: [UInt64]
    private let baselines = Baseline.allCases.map { limiter in
        Column(name: limiter.rawValue, make: { limiter.maker($0) })
    }

    public init(seeds: [UInt64]) { self.seeds = seeds }

    public var markdown: String {
        let pace = Column(name: "PACE", make: { _ in { _, _, _ in PaceExecution() } })
        let bank = Column(name: "PACE", make: { _ in { _, _, now in PaceLatency(cap: nil, now: now) } })
        let capped = Column(name: "PACE, cap 30", make: { _ in { _, _, now in PaceLatency(cap: 30, now: now) } })
        let columns = baselines + [pace]
        var lines = ["| scenario | " + columns.map(\.name).joined(separator: " | ") + " |"]
        lines.append("| --- |" + columns.map { _ in " ---: |" }.joined())
        let scenarios: [Scenario] = [.steady(), .stepDown(), .oneSlow, .stepUp(), .death(), .pauses()]
        for scenario in scenarios { lines.append(row(scenario.name, columns.map { cell(scenario, $0) })) }
        lines.append(row("bank, nothing declared", (baselines + [bank]).map { cell(.bank, $0) }))
        lines.append(row("bank, 30 declared", baselines.map { _ in "" } + [cell(.bank, capped)]))
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        "| \(name) | " + cells.joined(separator: " | ") + " |"
    }

    private func cell(_ scenario: Scenario, _ column: Column) -> String {
        let scores = seeds.map { CapacityRun(scenario, seed: $0, make: column.make(scenario)).run() }
        func mean(_ figure: (Score) -> Double) -> Double { scores.map(figure).reduce(0, +) / Double(scores.count) }
        var text = "\(rounded(mean(\.throughput), 100)) / \(rounded(mean(\.p99), 10)) / "
        text += "\(rounded(mean(\.overload), 1)) s"
        let collapses = mean { Double($0.collapses) }
        if scenario.stations.contains(where: { $0.cliff != nil }) { text += " / \(rounded(collapses, 10)) broken" }
        return text
    }

    /// With as many decimals as `unit` has zeros.
    private func rounded(_ value: Double, _ unit: Double) -> String {
        let parts = Int((value * unit).rounded()).quotientAndRemainder(dividingBy: Int(unit))
        guard unit > 1 else { return "\(parts.quotient)" }
        let decimals = "\(Int(unit) + parts.remainder)".dropFirst()
        return "\(parts.quotient).\(decimals)"
    }
}
