import Base

/// Completions of one worker since its last decision: a measurement round.
struct ExecutionRound: Sendable {
    static let longest: Int64 = 3_600_000_000  // microseconds, a purchase
    static let mostCounted: Int64 = 1 << 24  // completions
    private static let rememberedTimes = 255

    private(set) var began: MonotonicInstant?  // with its first report
    private(set) var count: Int64 = 0  // completions since then
    private(set) var executed: Int64 = 0  // microseconds
    private(set) var counted: Int64 = 0  // completions whose sum `executed` is
    private(set) var failed: Int64 = 0
    private(set) var wasFull = true
    private(set) var wasHeldBack = false
    private var times: [Int64] = []  // of single completions, else the mean of each report, microseconds

    var isEmpty: Bool { counted == 0 && began == nil }

    mutating func add(
        _ count: Int64, executed span: Int64, times: [Int64], failed: Int64, isFull: Bool, isHeldBack: Bool
    ) {
        executed += span
        counted += count
        self.failed += min(max(0, failed), count)
        add(times, mean: span / count)
        wasFull = wasFull && isFull
        wasHeldBack = wasHeldBack || isHeldBack
    }

    private mutating func add(_ times: [Int64], mean: Int64) {
        let before = self.times.count
        for time in times where self.times.count < Self.rememberedTimes {
            self.times.append(min(max(0, time), Self.longest))
        }
        if self.times.count == before, before < Self.rememberedTimes { self.times.append(mean) }
    }

    /// The first report of the round came. The rate is taken between the first and the last one.
    mutating func begin(now: MonotonicInstant) { began = now }
    /// `count` were completed after the first report.
    mutating func countRate(_ count: Int64) { self.count += count }

    /// - Parameter now: when the report came that begins the next round; nil: there is none yet.
    mutating func restart(now: MonotonicInstant?) {
        began = now
        (count, executed, counted, failed) = (0, 0, 0, 0)
        times.removeAll(keepingCapacity: true)
        (wasFull, wasHeldBack) = (true, false)
    }

    /// What a round shows of the time of one purchase.
    struct Finding {
        var execution: Int64  // mean, microseconds
        var median: Int64  // microseconds
        var spread: Int64  // variance over the square of the mean, thousandths
    }

    /// A pause in the middle of a purchase is not its execution: a time counts for at most `mostMedians` medians.
    func finding(mostMedians: Int64) -> Finding {
        let sorted = times.sorted()
        let median = sorted[sorted.count / 2]
        let most = max(1, mostMedians * median)
        var excess: Int64 = 0
        for time in sorted.reversed() {
            guard time > most else { break }
            excess += time - most
        }
        return Finding(
            execution: max(1, (executed - min(excess, executed)) / counted), median: median,
            spread: Self.spread(sorted, most: most))
    }

    private static func spread(_ times: [Int64], most: Int64) -> Int64 {
        var (sum, squares) = (0.0, 0.0)
        for time in times {
            let time = Double(min(time, most))
            sum += time
            squares += time * time
        }
        let measured = sum > 0 ? squares * Double(times.count) / (sum * sum) - 1 : 0
        return Int64(1_000 * min(10, max(0, measured)))
    }

    /// Whether no two purchases were executed at once, as far as the round shows: one slot executes for at most as long
    /// as the round took, however uneven the times are. Nil where the round is too short, or was held back.
    func looksLikeOneSlot(_ tuning: ExecutionController.Tuning, microseconds span: Int64) -> Bool? {
        guard counted >= tuning.oneSlotCompletions, !wasHeldBack else { return nil }
        let (product, overflow) = executed.multipliedReportingOverflow(by: 10 * count)
        return !overflow && product / counted < tuning.oneSlotTenths * span
    }
}
