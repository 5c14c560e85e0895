package import Base

/// Says how long to wait before the next attempt: full jitter under a ceiling that doubles with every failure.
///
/// Source: Brooker, "Exponential Backoff And Jitter", 2015. Pure: the same seed gives the same waits.
package struct Backoff: Sendable {
    package struct Bounds: Sendable {
        package var base: TimeSpan = .milliseconds(50)
        package var cap: TimeSpan = .seconds(1)
        package init() {}
        package init(base: TimeSpan, cap: TimeSpan) {
            self.base = base
            self.cap = cap
        }
    }

    private let bounds: Bounds
    private var random: SplitMix64
    private var ceiling: TimeSpan

    package init(bounds: Bounds, seed: UInt64) {
        precondition(bounds.base > .zero && bounds.base <= bounds.cap, "0 < base <= cap")
        self.bounds = bounds
        random = SplitMix64(seed: seed)
        ceiling = bounds.base
    }

    /// The wait after one more failure: `0..<min(cap, base * 2^failures)`.
    package mutating func next() -> TimeSpan {
        let wait = TimeSpan.nanoseconds(random.below(ceiling.nanoseconds))
        ceiling = ceiling > bounds.cap - ceiling ? bounds.cap : ceiling * 2
        return wait
    }

    /// Begins anew after a success.
    package mutating func reset() { ceiling = bounds.base }
}
