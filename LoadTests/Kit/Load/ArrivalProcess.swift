import Glibc

/// How arrivals are spread over time.
public enum ArrivalShape: Sendable, Equatable {
    /// One every 1/rate seconds.
    case constant
    /// Independent of each other, as buyers are: gaps are exponential.
    case poisson
    /// Poisson arrivals, and on top of them `buyers` who come at the opening: most at once, fewer and fewer after it.
    /// The crowd's rate falls to 1/e every `decay`.
    case spike(buyers: Double, decay: Nanoseconds)
}

/// When arrivals are due, one after the other, from a seed: open loop, so nothing the server does moves them.
///
/// The spike draws from its cumulative intensity S(1 - e^(-t/decay)), inverted; Çınlar's method for Poisson processes
/// whose rate changes.
public struct ArrivalProcess: Sendable {
    private let shape: ArrivalShape
    private let perSecond: Double
    private let end: Double  // seconds
    private var generator: SeededGenerator
    private var count: Int64 = 0
    private var base = 0.0  // seconds: when the next arrival of the steady stream is due
    private var crowd = 0.0  // expected arrivals of the spike so far
    private var crowdTime = Double.infinity  // seconds

    /// - Parameters:
    ///   - perSecond: of the steady stream, 0 for none.
    ///   - seconds: no arrival is due at or after this.
    public init(_ shape: ArrivalShape, perSecond: Double, seconds: Double, seed: UInt64) {
        self.shape = shape
        self.perSecond = perSecond
        end = seconds
        generator = SeededGenerator(seed: seed)
        stepBase()
        if case .spike = shape { stepCrowd() }
    }

    /// The time of the next arrival, from the start; nil when there are no more. Never earlier than the one before.
    public mutating func next() -> Nanoseconds? {
        let time = min(base, crowdTime)
        guard time < end else { return nil }
        if crowdTime <= base { stepCrowd() } else { stepBase() }
        return Nanoseconds(Int64(time * 1e9))
    }

    private mutating func stepBase() {
        guard perSecond > 0 else { return base = .infinity }
        if shape == .constant {
            base = Double(count) / perSecond
            count += 1
        } else {
            base += exponential() / perSecond
        }
    }

    private mutating func stepCrowd() {
        guard case .spike(let buyers, let decay) = shape else { return }
        crowd += exponential()
        crowdTime = crowd < buyers ? -Double(decay.count) / 1e9 * log(1 - crowd / buyers) : .infinity
    }

    /// Of mean 1.
    private mutating func exponential() -> Double {
        // In 0..<1 with 53 bits, so the logarithm is finite.
        -log(1 - Double(generator.next() >> 11) / 9_007_199_254_740_992)
    }
}
