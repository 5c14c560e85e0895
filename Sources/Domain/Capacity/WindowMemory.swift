import Base

/// What a group bore, what broke it, and whether most of its calls fail.
struct WindowMemory: Sendable {
    private var failures = CallFailures()
    private var broken = BrokenWindow()
    private var known: Int?  // a window that it bore before, and that is still to be reached

    /// Most calls fail.
    var isFailing: Bool { failures.isGoingOn }
    /// The largest window to try.
    func most(now: MonotonicInstant) -> Int { broken.most(now: now) }

    // MARK: Failures

    mutating func callFailed(now: MonotonicInstant) { failures.callFailed(now: now) }

    /// Whether a call failed in the last so many microseconds.
    func hadErrors(within span: Double, now: MonotonicInstant) -> Bool { failures.hadSome(within: span, now: now) }

    /// Most calls fail.
    ///
    /// - Parameters:
    ///   - window: calls in flight until now.
    ///   - same: failures so soon after each other are one.
    mutating func beginFailure(window: Int, same: TimeSpan, now: MonotonicInstant) {
        failures.begin(window: window, same: same, now: now)
    }

    /// Calls are answered again, or fail however little is sent.
    ///
    /// - Returns: half of the window that it bore before, to begin with; nil where that is not more than `window`.
    mutating func endFailure(window: Int) -> Int? {
        failures.end()
        broken = BrokenWindow()
        guard let before = failures.windowBefore, window < before / 2 else { return nil }
        known = before
        return before / 2
    }

    // MARK: Windows

    /// - Parameter window: that it bore; nil: not known.
    mutating func assume(window: Int?) { known = window }

    /// The window that it bore before, where that is more than `window`; only once.
    mutating func takeKnown(above window: Int) -> Int? {
        guard let known, known > window else { return nil }
        self.known = nil
        return known
    }

    /// So many calls at once made it far slower.
    ///
    /// - Returns: whether that happened a short while ago too.
    mutating func broke(at window: Int, now: MonotonicInstant) -> Bool {
        defer { broken.broke(at: window, now: now) }
        return broken.isRemembered(now: now)
    }

    /// It is faster: what broke it may not do so any more.
    mutating func becameFaster() { broken = BrokenWindow() }
}
