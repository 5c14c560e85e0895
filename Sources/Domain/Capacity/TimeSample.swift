/// Mean and spread of some times. Shows what was measured and decides nothing, so a sum of doubles will do.
struct TimeSample: Sendable, Equatable {
    private(set) var count: Int64 = 0
    private var sum = 0.0  // microseconds
    private var squares = 0.0

    mutating func add(_ microseconds: Int64) {
        let time = Double(max(0, microseconds))
        count += 1
        sum += time
        squares += time * time
    }

    mutating func add(_ other: TimeSample) {
        count += other.count
        sum += other.sum
        squares += other.squares
    }

    /// Microseconds; 0 of an empty sample.
    var mean: Double { count > 0 ? sum / Double(count) : 0 }

    /// Coefficient of variation: the standard deviation as a share of the mean; 0 of an empty sample.
    var variation: Double {
        guard sum > 0 else { return 0 }
        return max(0, squares / Double(count) / (mean * mean) - 1).squareRoot()
    }
}
