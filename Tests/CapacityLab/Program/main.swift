import CapacityLab

// Prints the comparison of docs/capacity.md: `swift run -c release capacity-lab [SEEDS]`.

let seeds = CommandLine.arguments.dropFirst().first.flatMap(UInt64.init) ?? 5
print(ComparisonTable(seeds: Array(1...max(1, seeds))).markdown)
