/// How long to wait before the next attempt: full jitter under a ceiling that doubles with every failure.
///
/// Source: Brooker, "Exponential Backoff And Jitter", 2015. Pure: the same seed gives the same waits.
public struct Backoff: Sendable {
    public struct Bounds: Sendable {
        public var base: TimeSpan = .milliseconds(50)
        public var cap: TimeSpan = .seconds(1)
        public init() {}
        public init(base: TimeSpan, cap: TimeSpan) {
            self.base = base
            self.cap = cap
        }
    }

    private let bounds: Bounds
    private var random: SplitMix64
    private var ceiling: TimeSpan

    public init(bounds: Bounds, seed: UInt64) {
        precondition(bounds.base > .zero && bounds.base <= bounds.cap, "0 < base <= cap")
        self.bounds = bounds
        random = SplitMix64(seed: seed)
        ceiling = bounds.base
    }

    /// The wait after one more failure: `0..<min(cap, base * 2^failures)`.
    public mutating func next() -> TimeSpan {
        let wait = TimeSpan.nanoseconds(random.below(ceiling.nanoseconds))
        ceiling = ceiling > bounds.cap - ceiling ? bounds.cap : ceiling * 2
        return wait
    }

    /// Begins anew after a success.
    public mutating func reset() { ceiling = bounds.base }
}
