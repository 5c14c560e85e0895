import TestKit

/// The seeds of the simulations, or the single one that SEED in the environment names.
enum Seeds {
    static let window = chosen ?? upTo(Knobs.seeds * 5 / 2)  // 50
    static let drain = chosen ?? upTo(Knobs.seeds)
    /// Of estimates, whose errors are counted by the thousand.
    static let waits = chosen ?? upTo(max(20, Knobs.seeds * 5 / 2))

    private static func upTo(_ last: Int) -> [UInt64] { Array(1...UInt64(max(1, last))) }

    private static let chosen: [UInt64]? = Knobs.chosenSeed.map { [$0] }
}

/// The command that runs a failed seed again.
func replay(_ seed: UInt64) -> String { "replay with: SEED=\(seed) scripts/test.sh --filter SimulationTests" }
