import Glibc
import SimulationKit

// `make sim` runs sales under faults, with the seeds 1 to SEEDS (2,000) over all cores; `make sim SEED=7` runs one of
// them, which is the same run to the bit wherever it runs, as its digest shows; with TRACE=item-4 it prints what
// happens there. `make drain` runs drains at measured capacity, with the seeds 1 to SEEDS (300), and compares them with
// their ideals; with CHECK=1 it fails where they miss their goals. FIRST=301 begins at another seed. SEED=7 runs one,
// CASE=slower or CASE=bank what has a name, and TRACE=1 prints each second of it. With PEERS=1 the published limiters
// run the same drains, and a table compares them with the product. `make cost` prints what the capacity controllers and
// the scheduler cost.

func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }
func text(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

let mode = CommandLine.arguments.dropFirst().first
if mode == "cost" {
    print(CostTable.text)
    exit(0)
}
if mode == "peers" { exit(Drains.compare(upTo: max(1, number("SEEDS") ?? 300)) ? 0 : 1) }
if mode == "drain" {
    guard let drains = Drains.maker(text("CASE")) else {
        print("drain: no case of this name")
        exit(2)
    }
    let isOne = text("CASE") != nil && text("SEEDS") == nil
    if let seed = number("SEED") ?? (isOne ? 1 : nil) {
        exit(Drains.replay(drains(seed), isTraced: text("TRACE") != nil) ? 0 : 1)
    }
    let first = max(1, number("FIRST") ?? 1)
    let seeds = first...first + max(1, number("SEEDS") ?? 300) - 1
    exit(Drains.run(seeds, of: drains, isChecked: text("CHECK") != nil) ? 0 : 1)
}
if let seed = number("SEED") { exit(Seeds.replay(seed, tracing: text("TRACE")) ? 0 : 1) }
exit(Seeds.run(upTo: max(1, number("SEEDS") ?? 2_000)) ? 0 : 1)
