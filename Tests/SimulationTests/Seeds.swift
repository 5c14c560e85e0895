import TestKit

/// The seeds of the simulations, or the single one that SEED in the environment names.
enum Seeds {
    static let window = chosen ?? Array(1...50)
    static let bank = chosen ?? Array(1...100)
    static let drain = chosen ?? Array(1...UInt64(Knobs.seeds))

    private static let chosen: [UInt64]? = Knobs.chosenSeed.map { [$0] }
}

/// The command that runs a failed seed again.
func replay(_ seed: UInt64) -> String { "replay with: SEED=\(seed) scripts/test.sh --filter SimulationTests" }
