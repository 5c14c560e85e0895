import Base

/// That most calls of a group fail, and what it bore before.
struct CallFailures: Sendable {
    private(set) var isGoingOn = false
    /// Calls in flight before they failed; nil: they never did.
    private(set) var windowBefore: Int?
    private var at = MonotonicInstant(nanoseconds: 0)  // when most of them were last found to fail
    private var lastAt: MonotonicInstant?  // when a single call failed last

    mutating func callFailed(now: MonotonicInstant) { lastAt = now }

    /// Whether a call failed in the last so many microseconds.
    func hadSome(within span: Double, now: MonotonicInstant) -> Bool {
        lastAt.map { (now - $0).microseconds < span } ?? false
    }

    /// Most calls fail.
    ///
    /// - Parameters:
    ///   - window: calls in flight until now.
    ///   - same: failures so soon after each other are one, and the window before the first of them counts.
    mutating func begin(window: Int, same: TimeSpan, now: MonotonicInstant) {
        if !isGoingOn { windowBefore = max(window, now < at + same ? windowBefore ?? 0 : 0) }
        (isGoingOn, at) = (true, now)
    }

    mutating func end() { isGoingOn = false }
}
