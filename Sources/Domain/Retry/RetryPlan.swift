public import Base

// DESIGN
// Two speeds. Right after a call that got no usable answer, up to two more go out soon: most failures are a lost
// connection or a process that just died. These are paid from a budget of a tenth of the first calls, so that a service
// in trouble gets no more than 1.1 times its load. After that the purchase is asked for again at growing distances for
// as long as it takes: its unit is held, nobody else can finish it, and the same id makes a repeat harmless. All waits
// are drawn evenly from zero up (full jitter), so that what failed together does not come back together.

/// Decides when a call that did not end is made again. A value; the generator is seeded by the caller.
public struct RetryPlan: Sendable {
    public struct Settings: Sendable, Equatable {
        public var triesAtOnce: Int64 = 3  // calls in short succession, the first one included
        public var budgetPercent: Int64 = 10  // soon repeated calls a hundred first ones
        public var budgetAtStart: Int64 = 10  // calls
        public var budgetAtMost: Int64 = 100  // calls saved up
        public var soon = TimeSpan.milliseconds(100)  // at most, before the second call; doubles
        public var later = TimeSpan.seconds(2)  // at most, before the first call after those; doubles
        public var latest = TimeSpan.seconds(32)  // where the doubling ends
        public var longestRetryAfter = TimeSpan.seconds(300)  // a longer wish is cut to this

        public init() {}
    }

    /// What has happened to one purchase so far.
    public struct Course: Sendable, Equatable {
        public internal(set) var tries: Int64 = 0  // calls in this short succession
        public internal(set) var waits: Int64 = 0  // longer waits so far
        /// Since when it may or may not be placed; nil while every call was told plainly that it is not.
        public internal(set) var unansweredSince: MonotonicInstant?

        public init() {}

        /// A call went out already.
        public var isBegun: Bool { tries > 0 || waits > 0 }
    }

    public let settings: Settings
    public private(set) var budget: Int64  // hundredths of a call
    private var random: SplitMix64

    public init(_ settings: Settings, seed: UInt64) {
        self.settings = settings
        budget = settings.budgetAtStart * 100
        random = SplitMix64(seed: seed)
    }

    /// A call goes out for the purchase.
    public mutating func began(_ course: inout Course) {
        if !course.isBegun {
            budget = min(settings.budgetAtMost * 100, budget + settings.budgetPercent)
        }
        course.tries += 1
    }

    /// The call got no answer that can be used: nobody knows what it did.
    ///
    /// - Returns: how long to wait before the next one.
    public mutating func unanswered(_ course: inout Course, now: MonotonicInstant) -> TimeSpan {
        if course.unansweredSince == nil { course.unansweredSince = now }
        if course.waits == 0, course.tries < settings.triesAtOnce, budget >= 100 {
            budget -= 100
            return upTo(doubled(settings.soon, course.tries - 1))
        }
        return wait(&course)
    }

    /// The call was told that there is no room now, and perhaps when to come again. No failure of the purchase.
    public mutating func busy(_ course: inout Course, retryAfter: TimeSpan?) -> TimeSpan {
        guard let retryAfter else { return wait(&course) }
        let wish = min(max(.zero, retryAfter), settings.longestRetryAfter)
        course.waits += 1
        // Not before it was asked to, and not all at the same moment.
        return wish + upTo(max(.milliseconds(50), .nanoseconds(wish.nanoseconds / 10)))
    }

    private mutating func wait(_ course: inout Course) -> TimeSpan {
        course.waits += 1
        course.tries = 0
        return upTo(doubled(settings.later, course.waits - 1))
    }

    private func doubled(_ span: TimeSpan, _ times: Int64) -> TimeSpan {
        guard times < 32, span.nanoseconds <= settings.latest.nanoseconds >> times else { return settings.latest }
        return .nanoseconds(span.nanoseconds << times)
    }

    private mutating func upTo(_ span: TimeSpan) -> TimeSpan {
        .nanoseconds(random.below(max(0, span.nanoseconds) + 1))
    }
}
