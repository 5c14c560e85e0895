import Base

// DESIGN
// Errors mean "too much" only if they go away when little is sent. A service that fails one call in three whatever it
// is asked is broken in another way: sending it one call at a time cures nothing, and a ceiling under such errors would
// sink from incident to incident down to one call a second. So errors are counted while one call at a time goes out,
// over the incidents of a minute; thirty such replies say what the service's own share is, and only clearly more than
// that counts as collapse from then on. Where nearly all calls fail there is nothing to gain: that is the breaker's
// matter.

/// The share of calls that fail however little is sent.
struct FaultShare: Sendable {
    static let replies: Int64 = 30  // one at a time, until something is concluded
    static let memory = TimeSpan.seconds(60)  // later incidents have nothing to do with each other
    static let most = 0.7  // above it nothing is let out but single calls

    /// 0...`most`.
    private(set) var own = 0.0
    private var lastAt: MonotonicInstant?
    private var delivered: Int64 = 0
    private var failed: Int64 = 0

    /// Whether so many failures say that too much was sent: clearly more than the service's own share, by three
    /// deviations of chance and a tenth.
    func isCollapse(failed: Int64, of delivered: Int64) -> Bool {
        guard failed >= 3 else { return false }
        let count = Double(delivered)
        let chance = own > 0 ? 3 * (count * own * (1 - own)).squareRoot() : 0
        return Double(failed) > count * (own + 0.1) + chance
    }

    /// A call ended while one at a time went out; true when the failures turned out to be the service's own.
    mutating func took(isAnswered: Bool, now: MonotonicInstant) -> Bool {
        if let lastAt, now - lastAt > Self.memory { (delivered, failed) = (0, 0) }
        lastAt = now
        delivered += 1
        if !isAnswered { failed += 1 }
        guard delivered >= Self.replies else { return false }
        let share = Double(failed) / Double(delivered)
        (delivered, failed) = (0, 0)
        guard share > 0, share <= Self.most else { return false }
        // Rather too much than too little: with too little the next chance would pass for a collapse again.
        own = min(Self.most, max(own, share + (share * (1 - share) / Double(Self.replies)).squareRoot()))
        return true
    }

    /// A round ended in which more went out: the share sinks where clearly fewer failed, and rises only by `took`.
    mutating func saw(failed: Int64, of delivered: Int64) {
        let count = Double(delivered)
        guard own > 0, Double(failed) < count * own - 2 * (count * own * (1 - own)).squareRoot() else { return }
        own = own < 0.02 ? 0 : (3 * own + Double(failed) / count) / 4
    }
}
