public import Base

/// How the service behaves: what it can do, where it breaks, and which mistakes it makes on purpose. All of it may
/// change while it runs; a call that is being worked on keeps its time.
public struct ServiceSettings: Sendable, Equatable {
    /// Orders worked on at once, `1...100_000`; the others wait, oldest first.
    public var slots = 4
    public var serviceTime = TimeSpan.milliseconds(20)  // mean, 0...1 h
    public var variationPercent: Int64 = 50  // standard deviation of the service time, 0...100 of its mean
    public var slowDownPercent: Int64 = 100  // 1000 is ten times slower, 25 four times faster, 1...1_000_000

    /// More calls than this in any second break the service; nil: it never breaks.
    public var collapseAbove: Int?
    public var collapseFactor: Int64 = 8  // times slower while broken, 1...1_000
    public var collapseErrorsPerMille: Int64 = 900
    /// It recovers once for `calm` no second has had more calls than this.
    public var calmPerSecond = 15
    public var calm = TimeSpan.seconds(2)

    public var faults = FaultShares()
    public var busyStatus = 503  // 429 or 503
    public var retryAfterSeconds: Int64?  // 0...3_600, nil: the field is left out
    /// How late a `timeout_after_apply` is answered after all, 0...600 s; nil: never.
    public var answerLate: TimeSpan?

    public init() {}
}

/// Of a thousand calls, how many go wrong in which way. At most 1,000 together, refusals aside.
public struct FaultShares: Sendable, Equatable {
    /// 500, and nothing was done.
    public var failBefore: Int64 = 0
    /// 500, and the order stands.
    public var failAfterApply: Int64 = 0
    /// The order stands, and the answer comes late or never.
    public var timeoutAfterApply: Int64 = 0
    /// The order stands, and the answer is none of the contract's.
    public var wrongBody: Int64 = 0
    /// The connection is reset; by the toss of a coin, the order stands or does not.
    public var reset: Int64 = 0
    /// Turned away at once with `busyStatus`.
    public var busy: Int64 = 0
    /// Refused for good, of the orders that get so far; remembered under their key.
    public var refuse: Int64 = 0

    public init() {}

    var sum: Int64 { failBefore + failAfterApply + timeoutAfterApply + wrongBody + reset + busy }
}

/// What goes wrong with one call.
enum Fault: Sendable {
    case none, failBefore, failAfterApply, timeoutAfterApply, wrongBody, resetBefore, resetAfter, busy
}

extension FaultShares {
    /// The fault of one call.
    func draw(_ random: inout SplitMix64) -> Fault {
        guard sum > 0 else { return .none }
        var left = random.below(1_000)
        for (share, fault) in [
            (busy, Fault.busy), (failBefore, .failBefore), (failAfterApply, .failAfterApply),
            (timeoutAfterApply, .timeoutAfterApply), (wrongBody, .wrongBody),
        ] {
            if left < share { return fault }
            left -= share
        }
        guard left < reset else { return .none }
        return random.next() & 1 == 0 ? .resetBefore : .resetAfter
    }
}
