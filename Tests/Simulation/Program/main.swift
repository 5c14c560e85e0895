import Glibc
import SimulationKit

// `make sim` runs sales under faults, with the seeds 1 to SEEDS (2,000) over all cores; `make sim SEED=7` runs one of
// them, which is the same run to the bit wherever it runs, as its digest shows; with TRACE=item-4 it prints what
// happens there. `make drain` runs drains at measured capacity, with the seeds 1 to SEEDS (300), and compares them with
// their ideals; with CHECK=1 it fails where they miss their goals. SEED=7 runs one, CASE=slower the one that has a
// name, and TRACE=1 prints each second of it. With PEERS=1 the published limiters run the same drains, and a table
// compares them with the product. `make cost` prints what the capacity controllers and the scheduler cost.

func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }
func text(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

let mode = CommandLine.arguments.dropFirst().first
if mode == "cost" {
    print(CostTable.text)
    exit(0)
}
if mode == "peers" { exit(Drains.compare(upTo: max(1, number("SEEDS") ?? 300)) ? 0 : 1) }
if mode == "drain" {
    let isTraced = text("TRACE") != nil
    if text("CASE") == "slower" {
        exit(Drains.replay(.tenTimesSlower(seed: number("SEED") ?? 1), isTraced: isTraced) ? 0 : 1)
    }
    if let seed = number("SEED") { exit(Drains.replay(DrainSpace.drain(seed: seed), isTraced: isTraced) ? 0 : 1) }
    exit(Drains.run(upTo: max(1, number("SEEDS") ?? 300), isChecked: text("CHECK") != nil) ? 0 : 1)
}
if let seed = number("SEED") { exit(Seeds.replay(seed, tracing: text("TRACE")) ? 0 : 1) }
exit(Seeds.run(upTo: max(1, number("SEEDS") ?? 2_000)) ? 0 : 1)
