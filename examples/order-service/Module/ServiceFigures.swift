public import Base

/// What the service has counted since it began or was reset.
public struct ServiceFigures: Sendable {
    public static let mostSeconds = 900

    public let began: MonotonicInstant
    public internal(set) var calls = 0
    /// Answered by the contract: confirmed or refused.
    public internal(set) var completed = 0
    public internal(set) var turnedAway = 0
    public internal(set) var failed = 0
    /// Times of orders in their slots, µs.
    public internal(set) var service = Histogram()
    /// Times from the call to the end of the work, the wait for a slot included, µs.
    public internal(set) var stay = Histogram()
    /// Times between calls, µs.
    public internal(set) var gaps = Histogram()
    /// By whole seconds since `began`; the first 900.
    public private(set) var callsBySecond: [Int] = []
    public private(set) var completedBySecond: [Int] = []

    private var lastCall: MonotonicInstant?
    private var overloaded = TimeSpan.zero
    private var overloadedSince: MonotonicInstant?

    init(began: MonotonicInstant) { self.began = began }

    mutating func call(now: MonotonicInstant) {
        calls += 1
        if let lastCall { gaps.record((now - lastCall).wholeMicroseconds) }
        lastCall = now
        Self.count(&callsBySecond, now - began)
    }

    mutating func completed(now: MonotonicInstant) {
        completed += 1
        Self.count(&completedBySecond, now - began)
    }

    /// - Parameter isOverloaded: whether more than twice the slots and two are inside, from `now` on.
    mutating func see(isOverloaded: Bool, now: MonotonicInstant) {
        if let since = overloadedSince, !isOverloaded {
            overloaded = overloaded + (now - since)
            overloadedSince = nil
        } else if isOverloaded, overloadedSince == nil {
            overloadedSince = now
        }
    }

    /// Time with too much inside, up to `now`.
    public func overloadedTime(_ now: MonotonicInstant) -> TimeSpan {
        overloaded + (overloadedSince.map { now - $0 } ?? .zero)
    }

    private static func count(_ seconds: inout [Int], _ since: TimeSpan) {
        let index = Int(since.nanoseconds / 1_000_000_000)
        guard index >= 0, index < mostSeconds else { return }
        while seconds.count <= index { seconds.append(0) }
        seconds[index] += 1
    }
}
