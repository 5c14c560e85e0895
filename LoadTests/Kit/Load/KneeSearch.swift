/// Finds the highest rate that a server keeps up with: raises it until a step fails, then halves the gap.
///
/// Pure: the outcome of a step goes in, the rate of the next one comes out.
public struct KneeSearch: Sendable {
    public static let followed = 0.95  // of the offered rate must be answered in time
    private static let growth = 1.5
    private static let refinements = 4
    private var good = 0.0
    private var bad = Double.infinity
    private var refined = 0

    /// Arrivals per second of the next step, nil when the knee is found.
    public private(set) var rate: Double?

    public init(from rate: Double) { self.rate = rate }

    /// The highest rate that held, 0 when none did.
    public var knee: Double { good }

    /// Whether a step held: answered within the threshold, and as fast as it was offered.
    public static func held(_ result: LoadResult, p99Milliseconds: Double) -> Bool {
        guard let all = result.latency["all"] else { return false }
        let offered = Double(result.arrivals) / result.conditions.seconds
        return all.p99Ms <= p99Milliseconds && result.answeredPerS >= offered * followed && result.unanswered == 0
    }

    public mutating func step(held: Bool) {
        guard let last = rate else { return }
        if held { good = max(good, last) } else { bad = min(bad, last) }
        if bad == .infinity {
            rate = last * Self.growth <= 1_000_000 ? last * Self.growth : nil
        } else if good == 0 {
            rate = last > 20 ? last / 2 : nil
        } else {
            refined += 1
            rate = refined <= Self.refinements && bad / good > 1.03 ? (good + bad) / 2 : nil
        }
    }
}
