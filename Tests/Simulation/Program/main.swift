import Glibc

// `make sim` runs sales under faults, with the seeds 1 to SEEDS (2,000) over all cores; `make sim SEED=7` runs one of
// them, which is the same run to the bit wherever it runs, as its digest shows; with TRACE=item-4 it prints what
// happens there.

func number(_ name: String) -> UInt64? { unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) } }

let word = unsafe getenv("TRACE").map { unsafe String(cString: $0) }

if let seed = number("SEED") { exit(Seeds.replay(seed, tracing: word) ? 0 : 1) }
exit(Seeds(upTo: max(1, number("SEEDS") ?? 2_000)).run() ? 0 : 1)
