public import Base

// DESIGN
// Errors mean "too much" only if they go away when little is sent. A service that fails one call in three at any load
// is broken in another way: sending it one call at a time helps nothing, and a ceiling under such errors would sink
// from incident to incident down to one call a second. So errors are counted while one call at a time goes out, over
// the incidents of a minute. Thirty such replies show the service's own share of errors, and only clearly more than
// that counts as a collapse from then on. Where nearly all calls fail, nothing is gained by sending more: that is the
// circuit breaker's matter.

/// The numbers of `FaultShare`. A mark such as (#own-errors) names the section of docs/capacity.md that says where a
/// number comes from.
public struct FaultTuning: Sendable, Equatable {
    /// Replies to calls that went out one at a time, until something is concluded. (#own-errors)
    public var replies: Int64 = 30
    /// Incidents further apart have nothing to do with each other. (#own-errors)
    public var memory = TimeSpan.seconds(60)
    /// Share of errors above which only single calls go out. (#own-errors)
    public var most = 0.7
    /// Fewer errors in a round are no collapse. (#own-errors)
    public var leastErrors: Int64 = 8
    /// Share of errors that is borne. (#own-errors)
    public var usual = 0.5
    /// Share of errors beyond the service's own: more may be a collapse. (#own-errors)
    public var margin = 0.1
    /// Deviations of chance beyond that: more is a collapse. (#own-errors)
    public var deviations = 1.5
    /// Deviations of chance by which fewer errors lower the service's own share. (#own-errors)
    public var fewerDeviations = 2.0
    /// Weight of the round that lowers it. (#own-errors)
    public var newShare = 0.25
    /// A smaller share counts as none. (#own-errors)
    public var least = 0.02

    public init() {}
}

/// The share of calls that fail however little is sent.
struct FaultShare: Sendable {
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: FaultTuning { shared.value.faults }
    /// 0...`FaultTuning.most`.
    private(set) var own = 0.0
    private var lastAt: MonotonicInstant?
    private var delivered: Int64 = 0
    private var failed: Int64 = 0

    init(_ tuning: Shared<LatencyController.Tuning>) { shared = tuning }

    /// Whether the failures show that too much was sent: they are clearly more than the service's own share.
    func isCollapse(failed: Int64, of delivered: Int64) -> Bool {
        guard failed >= tuning.leastErrors else { return false }
        let (count, usual) = (Double(delivered), max(tuning.usual, own + tuning.margin))
        return Double(failed) > count * usual + tuning.deviations * (count * usual * (1 - usual)).squareRoot()
    }

    /// A call ended while one at a time went out; true where the failures turned out to be the service's own.
    mutating func took(isAnswered: Bool, now: MonotonicInstant) -> Bool {
        if let lastAt, now - lastAt > tuning.memory { (delivered, failed) = (0, 0) }
        lastAt = now
        delivered += 1
        if !isAnswered { failed += 1 }
        guard delivered >= tuning.replies else { return false }
        let share = Double(failed) / Double(delivered)
        (delivered, failed) = (0, 0)
        guard share > 0, share <= tuning.most else { return false }
        // Rather too large than too small: with too small a share the next chance would pass for a collapse again.
        own = min(tuning.most, max(own, share + (share * (1 - share) / Double(tuning.replies)).squareRoot()))
        return true
    }

    /// A round ended in which more went out: the share sinks where clearly fewer failed. Only `took` raises it.
    mutating func saw(failed: Int64, of delivered: Int64) {
        let count = Double(delivered)
        let chance = tuning.fewerDeviations * (count * own * (1 - own)).squareRoot()
        guard own > 0, Double(failed) < count * own - chance else { return }
        own = own < tuning.least ? 0 : own * (1 - tuning.newShare) + Double(failed) / count * tuning.newShare
    }
}
