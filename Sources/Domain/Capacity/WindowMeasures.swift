import Base

/// What calls take at the window in use, and how many a second come back.
struct WindowMeasures: Sendable {
    enum Change: Sendable, Equatable {
        /// The service is slower, or has fewer slots, or too much to do.
        case longer(from: Double)
        /// It is faster: what passes besides may take more of the window than before.
        case shorter
    }

    /// Mean latency of one call, microseconds; 0: unknown.
    private(set) var mean = 0.0
    private var settledMean = 0.0  // when the window was last found
    /// Mean latency where no queue was seen, microseconds; 0: unknown.
    private(set) var unloaded = 0.0
    private(set) var rates = RateMemory()

    /// What another leader measured.
    mutating func assume(rate1000: Int64, unloaded microseconds: Double) {
        rates.assume(rate1000)
        unloaded = microseconds
    }

    /// The window is larger than before, and no queue came of it.
    mutating func grew(to window: Int, mean: Double, dispatch: Double) {
        rates.add(Self.rate1000(window, mean: mean, dispatch: dispatch))
        (self.mean, unloaded) = (mean, mean)
    }

    /// What a full window completes, by Little's law; per 1,000 s.
    private static func rate1000(_ window: Int, mean: Double, dispatch: Double) -> Int64 {
        Int64(min(Double(RateMemory.fastest), Double(window) * 1e9 / max(1, mean + dispatch)))
    }

    /// Calls a second that a window allows, where calls take no longer than the last ones; 0 while nothing came back.
    ///
    /// - Parameter median: of the last latencies, microseconds; 0: there are none.
    func rate(window: Int, median: Double) -> Double {
        guard median > 0 else { return 0 }
        return Double(window) * 1e6 / max(1, mean > 0 ? min(mean, median) : median)
    }

    /// The window was found: calls take so long there without a queue.
    mutating func settle(mean: Double) { (self.mean, unloaded, settledMean) = (mean, mean, mean) }
    /// What was measured last holds.
    mutating func settle() { (unloaded, settledMean) = (mean, mean) }

    /// A cohort of the window in use is over.
    ///
    /// - Parameters:
    ///   - mean: of its calls.
    ///   - dispatch: time that passes besides, microseconds.
    mutating func learn(
        mean new: Double, window: Int, dispatch: Double, _ tuning: LatencyController.Tuning
    ) -> Change? {
        mean += (mean == 0 ? 1 : tuning.newMeanShare) * (new - mean)
        rates.add(Self.rate1000(window, mean: mean, dispatch: dispatch))
        let before = settledMean
        if before > 0, mean > tuning.longerMean * before {
            settledMean = mean
            return .longer(from: before)
        }
        guard mean < tuning.shorterMean * before else { return nil }
        settledMean = mean
        return .shorter
    }
}
