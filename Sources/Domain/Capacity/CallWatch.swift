import Base

/// Calls that were in flight at some time, until they are back.
struct CallWatch: Sendable {
    private let at: MonotonicInstant
    private let count: Int
    private var missing: Int
    private var back = 0  // whenever they were sent, which is not known exactly

    init(_ count: Int, at: MonotonicInstant) { (self.at, self.count, missing) = (at, count, count) }

    mutating func finished(sentAt: MonotonicInstant) {
        back += 1
        if sentAt < at || back > 3 * count { missing -= 1 }
    }

    mutating func withdrawn(_ count: Int) { missing -= count }

    var isBack: Bool { missing * 10 <= count }
    /// 45 % of them: those that were in the slots, where a queue of as many waited.
    var isHalfBack: Bool { missing * 20 <= count * 11 }
}
