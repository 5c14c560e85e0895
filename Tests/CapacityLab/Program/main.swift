import CapacityLab

// `swift run -c release capacity-lab [SEEDS]` prints the comparison of docs/capacity.md, `capacity-lab cost` what the
// controllers and the scheduler cost.

if CommandLine.arguments.dropFirst().first == "cost" {
    print(CostTable.text)
} else {
    let seeds = CommandLine.arguments.dropFirst().first.flatMap(UInt64.init) ?? 5
    print(ComparisonTable(seeds: Array(1...max(1, seeds))).markdown)
}
