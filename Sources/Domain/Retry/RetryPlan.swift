public import Base

// DESIGN
// Two speeds. After a call without a usable answer, up to two retries go out soon: most failures are a lost connection
// or a process that just died. These are paid from a budget of a tenth of the first calls, so that a service in trouble
// gets no more than 1.1 times its load. After that the call is retried at growing distances for as long as it takes:
// the unit of the purchase is held, no other process can finish the purchase, and the same id makes a retry harmless.
// All waits are drawn evenly from zero up (full jitter), so that calls that failed together are not retried together.

/// Decides when a call without a usable answer is retried. A value; the caller seeds the generator.
public struct RetryPlan: Sendable {
    public struct Settings: Sendable, Equatable {
        public var triesAtOnce: Int64 = 3  // calls in short succession, the first one included
        public var budgetPercent: Int64 = 10  // soon retries for a hundred first calls
        public var budgetAtStart: Int64 = 10  // calls
        public var budgetAtMost: Int64 = 100  // calls saved up
        public var soon = TimeSpan.milliseconds(100)  // at most, before the second call; doubles
        public var later = TimeSpan.seconds(2)  // at most, before the first call after those; doubles
        public var latest = TimeSpan.seconds(32)  // where the doubling ends
        public var longestRetryAfter = TimeSpan.seconds(300)  // a longer `Retry-After` is cut to this

        public init() {}
    }

    /// What has happened to one purchase so far.
    public struct Course: Sendable, Equatable {
        public internal(set) var tries: Int64 = 0  // calls in this short succession
        public internal(set) var waits: Int64 = 0  // longer waits so far
        /// Since when the order may be placed without our knowing; nil while each call was answered that it is not.
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

    /// The call got no usable answer: whether it placed the order is not known.
    ///
    /// - Returns: how long to wait before the retry.
    public mutating func unanswered(_ course: inout Course, now: MonotonicInstant) -> TimeSpan {
        if course.unansweredSince == nil { course.unansweredSince = now }
        if course.waits == 0, course.tries < settings.triesAtOnce, budget >= 100 {
            budget -= 100
            return upTo(doubled(settings.soon, course.tries - 1))
        }
        return wait(&course)
    }

    /// The service answered that it is busy, and perhaps when to call again. That is no failure of the purchase.
    public mutating func busy(_ course: inout Course, retryAfter: TimeSpan?) -> TimeSpan {
        guard let retryAfter else { return wait(&course) }
        let wish = min(max(.zero, retryAfter), settings.longestRetryAfter)
        course.waits += 1
        // Not before that time, and not all at the same moment.
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
