/// When a place in a queue comes up, milliseconds from now.
///
/// The median is the places over the rate. The band is that of a counting process as uneven as the last ten seconds
/// were: the deviation of so many places, and 3 % for the rate itself; where fewer than 50 a second move, at least 15
/// %.
public struct WaitEstimate: Sendable, Equatable {
    public var p50: Int64
    public var p90: Int64

    public init(p50: Int64, p90: Int64) {
        self.p50 = p50
        self.p90 = p90
    }

    public init(position: Int64, at pace: DrainRate.Pace) {
        let seconds = Double(position) / pace.perSecond
        let deviation = (Double(position) * pace.dispersion).squareRoot() / pace.perSecond + 0.03 * seconds
        let band = max(1.28 * deviation, pace.perSecond < 50 ? 0.15 * seconds : 0)
        p50 = Self.milliseconds(seconds)
        p90 = Self.milliseconds(seconds + band)
    }

    /// At most a hundred years: a queue that moves one place in an hour can be 2^32 long.
    private static func milliseconds(_ seconds: Double) -> Int64 { Int64(min(seconds * 1_000, 3_156e9).rounded(.up)) }
}
