/// What a leader leaves behind of a controller, so that the next one need not begin from nothing.
///
/// Only what was measured is left behind. What a leader itself had from a hint, and did not measure anew, it passes on
/// as it came: a guess that is halved with every change of leader sinks to nothing while nobody measures.
public struct CapacityHint: Sendable, Equatable {
    public enum Standing: Int64, Sendable {
        /// The rate is what the resource can do, by more than one round; half of it is believed.
        case measured = 0
        /// The rate was borne, and grew: a start is careful already, so it is believed whole.
        case growing
        /// It became slower, and its time is measured again from few calls.
        case relearning
        /// It failed, and is sent one at a time.
        case failing
    }

    static let longestCalm: Int64 = 3_600_000  // milliseconds

    public var rate1000: Int64
    public var unloadedMicroseconds: Int64
    public var ceiling1000: Int64?
    public var standing: Standing
    /// Since errors were last taken for a collapse, milliseconds; the ceiling rises after a while of it.
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

    /// The reason of a controller that begins with it.
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
