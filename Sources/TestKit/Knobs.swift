import Foundation

/// Sizes of the end-to-end tests, from the environment, so that a long form can run. The defaults are what is promised.
public enum Knobs {
    /// KILLS: processes killed at random moments in one run.
    public static let kills = number("KILLS") ?? 30
    /// SEED: of everything random in a run; printed with a failure.
    public static let seed = chosenSeed ?? 20_261_111
    /// SEED when it is set: the simulations then run this one seed only.
    public static let chosenSeed = number("SEED").map { UInt64($0) }
    /// SEEDS: how many seeds each simulation of faults runs with.
    public static let seeds = number("SEEDS") ?? 20
    /// SLACK: multiplies the limits of time, for a machine that does other work as well.
    public static let slack = Int64(number("SLACK") ?? 1)
    /// ROUNDS: purchases measured one after the other on an idle system; and processes killed while holds end together.
    public static let repetitions = number("ROUNDS") ?? 300
    public static let expiryKills = number("ROUNDS") ?? 8

    /// FAULTS: how many there may be in the search through all that may happen to holds.
    public static let faults = Int64(number("FAULTS") ?? 2)
    /// PAYMENTS: simulated around the ends of holds.
    public static let payments = number("PAYMENTS") ?? 100_000

    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }
}
