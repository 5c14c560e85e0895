import Base

// DESIGN
// What a call costs is work: 1 is the mean, and how long that takes is the course's affair. The n-th call that begins
// has the n-th work, whoever feeds the service, so a run and its ideal serve the same calls.

/// The work of one call after the other, of mean 1.
public struct ServiceTimes: Sendable {
    public enum Shape: String, Sendable, CaseIterable {
        case gamma
        case lognormal
        /// Most calls take one time and a quarter of them or fewer another one, each within a tenth.
        case humps = "two humps"
        /// Lognormal; half of the logarithm's variance is a mood that lasts some calls.
        case correlated
    }

    private let shape: Shape
    private let variation: Double
    private let memory: Double  // of the mood, from one call to the next
    private var mood: Double
    private var chance: Chance

    /// - Parameters:
    ///   - variation: standard deviation over mean, 0.01 or more.
    ///   - slots: a mood lasts for 16 calls of each of so many.
    public init(_ shape: Shape, variation: Double, slots: Int, seed: UInt64) {
        precondition(variation >= 0.01 && slots > 0)
        self.shape = shape
        self.variation = variation
        memory = exponential(-1 / (16 * Double(slots)))
        chance = Chance(seed: seed)
        mood = chance.normal()
    }

    /// The work of the next call.
    public mutating func next() -> Double {
        switch shape {
        case .gamma: return chance.gamma(shape: 1 / (variation * variation))
        case .lognormal: return lognormal(chance.normal())
        case .humps: return hump()
        case .correlated:
            mood = memory * mood + (1 - memory * memory).squareRoot() * chance.normal()
            return lognormal((mood + chance.normal()) * 0.5.squareRoot())
        }
    }

    private func lognormal(_ normal: Double) -> Double {
        let variance = naturalLogarithm(1 + variation * variation)
        return exponential(variance.squareRoot() * normal - variance / 2)
    }

    /// The variance is that between the humps, and that within each.
    private mutating func hump() -> Double {
        let within = min(0.1, variation / 2)
        let between = (variation * variation - within * within) / (1 + within * within)
        let odds = min(1.0 / 3, 0.64 / between)  // of the slow hump; the other is at 0.2 or above
        let isSlow = chance.uniform() < odds / (1 + odds)
        let centre = isSlow ? 1 + (between / odds).squareRoot() : 1 - (between * odds).squareRoot()
        return centre * chance.gamma(shape: 1 / (within * within))
    }
}
