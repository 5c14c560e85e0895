import Base
import Dispatch
import Glibc
import SimulationKit
import Synchronization

/// Calls `run` with each seed from 1 to `last`, spread over all cores.
func onAllCores(seedsUpTo last: UInt64, _ run: @Sendable (UInt64) -> Void) {
    let taken = Atomic<UInt64>(0)
    DispatchQueue.concurrentPerform(iterations: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) { _ in
        while true {
            let seed = taken.add(1, ordering: .relaxed).newValue
            guard seed <= last else { return }
            run(seed)
        }
    }
}

/// Sales under faults.
enum Seeds {
    /// The seeds from 1 to `last`.
    ///
    /// - Returns: whether all is well.
    static func run(upTo last: UInt64) -> Bool {
        let failed = Atomic<Int>(0)
        onAllCores(seedsUpTo: last) { seed in
            let (kind, verdict) = run(seed)
            guard let problem = verdict.problem else { return }
            _ = failed.add(1, ordering: .relaxed)
            print("seed \(seed), \(kind): \(problem)\n  replay with: make sim SEED=\(seed)")
        }
        let count = failed.load(ordering: .relaxed)
        print("sim: \(last) seeds, \(count) failed")
        return count == 0
    }

    /// Each seed runs one of the kinds of sale.
    private static func run(
        _ seed: UInt64, trace: ((MonotonicInstant, String) -> Void)? = nil
    ) -> (kind: String, verdict: DrainCheck.Verdict) {
        let kind = DrainCheck.kinds[Int(seed % UInt64(DrainCheck.kinds.count))]
        return (kind.name, DrainCheck.run(seed: seed, size: kind.size, faults: kind.faults, trace: trace))
    }

    /// - Parameter word: what happens is printed as far as this is in it; nil: nothing is.
    static func replay(_ seed: UInt64, tracing word: String?) -> Bool {
        let (kind, verdict) = run(
            seed,
            trace: word.map { word in
                { time, line in
                    if word.isEmpty || line.contains(word) { print(time.nanoseconds / 1_000, "us", line) }
                }
            })
        print("seed \(seed), \(kind): \(verdict.problem ?? "drained"), digest \(String(verdict.digest, radix: 16))")
        return verdict.problem == nil
    }
}
