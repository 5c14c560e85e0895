/// What a run came to. All but the new starts and the sends counts from the fifth second on.
public struct ExecutionScore: Sendable {
    private static let from: Int64 = 5_000_000_000
    private static let second: Int64 = 1_000_000_000
    /// p99 over mean of a gamma distribution with a coefficient of variation of 0.5: the unit of `p99`.
    private static let unloadedP99 = 2.51

    private var served: [Double]  // by station
    private var possible: [Double]  // by station
    private var latencies: [Float] = []
    private var servedIn: [Double]  // by second
    private var possibleIn: [Double]  // by second
    /// When each purchase went out, to whichever station, nanoseconds.
    public private(set) var sends: [Int64] = []
    /// Seconds in which a station held more than twice its slots and two.
    public private(set) var overload = 0.0
    /// Largest window, in knees.
    public private(set) var widest = 0.0
    /// p99 of the time in flight over the p99 of one without load.
    public private(set) var p99 = 0.0
    /// How often a controller began anew.
    public internal(set) var restarts = 0

    init(stations: Int, seconds: Int) {
        served = [Double](repeating: 0, count: stations)
        possible = served
        servedIn = [Double](repeating: 0, count: seconds + 1)
        possibleIn = servedIn
    }

    /// Completed over what could have been.
    public var throughput: Double { served.reduce(0, +) / possible.reduce(0, +) }
    public func throughput(of station: Int) -> Double { served[station] / possible[station] }

    /// Seconds from `time` until a whole second brought this share of what was possible.
    public func reached(_ share: Double, from time: Double) -> Double {
        for second in Int(time)..<servedIn.count - 1 where servedIn[second] >= share * possibleIn[second] {
            return Double(second) + 1 - time
        }
        return .infinity
    }

    // MARK: Taking note

    mutating func sent(now: Int64) { sends.append(now) }

    mutating func could(_ station: Int, _ count: Double, now: Int64) {
        possibleIn[Int(now / Self.second)] += count
        if now >= Self.from { possible[station] += count }
    }

    mutating func overloaded(_ seconds: Double, now: Int64) { if now >= Self.from { overload += seconds } }
    mutating func window(_ knees: Double, now: Int64) { if now >= Self.from { widest = max(widest, knees) } }

    mutating func finished(_ station: Int, latency: Double, unloaded: Double, now: Int64) {
        servedIn[Int(now / Self.second)] += 1
        guard now >= Self.from else { return }
        served[station] += 1
        latencies.append(Float(latency / (Self.unloadedP99 * unloaded)))
    }

    mutating func finish() {
        latencies.sort()
        guard !latencies.isEmpty else { return }
        p99 = Double(latencies[min(latencies.count - 1, latencies.count * 99 / 100)])
        latencies = []
    }
}
