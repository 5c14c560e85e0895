/// What a leader measured of one resource, so that the next leader need not begin from nothing.
///
/// A leader that took a hint over and measured nothing itself passes it on unchanged: a rate that is halved with every
/// change of leader would sink to nothing while nothing is measured.
public struct CapacityHint: Sendable, Equatable {
    public enum Standing: Int64, Sendable {
        /// The rate is what the resource can do, by more than one round. Half of it is believed.
        case measured = 0
        /// The rate was reached, and grew. It is believed whole, since a start is careful already.
        case growing
        /// The resource became slower, and its time is measured again from few calls.
        case relearning
        /// The resource failed, and gets one call at a time.
        case failing
    }

    static let longestCalm: Int64 = 3_600_000  // milliseconds

    public var rate1000: Int64
    public var unloadedMicroseconds: Int64
    public var ceiling1000: Int64?
    public var standing: Standing
    /// Time since errors were last taken for a collapse, milliseconds; the ceiling rises after a while.
    public var calmMilliseconds: Int64

    public init(
        rate1000: Int64, unloadedMicroseconds: Int64, ceiling1000: Int64? = nil, standing: Standing = .measured,
        calmMilliseconds: Int64 = 0
    ) {
        self.rate1000 = min(max(0, rate1000), RateMemory.fastest)
        self.unloadedMicroseconds = min(max(0, unloadedMicroseconds), 3_600_000_000)
        self.ceiling1000 = ceiling1000.map { min(max(1_000, $0), RateMemory.fastest) }
        self.standing = standing
        self.calmMilliseconds = min(max(0, calmMilliseconds), Self.longestCalm)
    }

    /// The reason that a controller shows which begins with this hint.
    var reason: CapacityReason {
        switch standing {
        case .measured: .hinted
        case .growing, .relearning: .hintedWhole
        case .failing: .hintedFailing
        }
    }

    /// The rate that the next leader believes, per 1,000 s.
    var believed1000: Int64 { standing == .measured ? rate1000 / 2 : rate1000 }
}
