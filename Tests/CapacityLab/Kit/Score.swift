import Base
import Glibc

func logarithm(_ value: Double) -> Double { log(value) }

/// What a run came to. All but the starts and the sends counts from the fifth second on.
public struct Score: Sendable {
    private static let from: Int64 = 5_000_000_000
    private static let second: Int64 = 1_000_000_000
    /// p99 over mean of a gamma distribution with a coefficient of variation of 0.5: the unit of `p99`.
    private static let unloadedP99 = 2.51

    private var served: [Double]  // by station
    private var possible: [Double]  // by station
    private var latencies: [Float] = []
    private var servedIn: [Double]  // by second
    private var possibleIn: [Double]  // by second
    private var sendsOf: [[Int64]]  // by station
    public private(set) var collapsedAt: [Double] = []  // seconds
    /// Seconds in which a station held more than twice its slots and two, or was broken.
    public private(set) var overload = 0.0
    /// Largest window, in knees.
    public private(set) var widest = 0.0
    /// p99 of the time in flight over the p99 of one without load.
    public private(set) var p99 = 0.0
    /// p50 in the same unit.
    public private(set) var p50 = 0.0
    public var restarts = 0
    public private(set) var failed = 0

    init(stations: Int, seconds: Int) {
        served = [Double](repeating: 0, count: stations)
        possible = served
        sendsOf = [[Int64]](repeating: [], count: stations)
        servedIn = [Double](repeating: 0, count: seconds + 1)
        possibleIn = servedIn
    }

    /// Completed over what could have been.
    public var throughput: Double { served.reduce(0, +) / possible.reduce(0, +) }
    public func throughput(of station: Int) -> Double { served[station] / possible[station] }
    public var collapses: Int { collapsedAt.count }

    /// Seconds from `time` until a whole second brought this share of what was possible.
    public func reached(_ share: Double, from time: Double) -> Double {
        for second in Int(time)..<servedIn.count - 1 where servedIn[second] >= share * possibleIn[second] {
            return Double(second) + 1 - time
        }
        return .infinity
    }

    /// When each purchase went out, to whichever station, nanoseconds.
    public var sends: [Int64] { sendsOf.flatMap { $0 }.sorted() }

    /// Sends in the busiest second of a station, wherever it begins.
    public func mostSends(of station: Int = 0) -> Int {
        var most = 0
        var first = 0
        for (index, time) in sendsOf[station].enumerated() {
            while time - sendsOf[station][first] > Self.second { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    /// Seconds between two sends that 99 % of them exceed.
    public func shortestGap(of station: Int = 0) -> Double {
        let times = sendsOf[station]
        let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e9 }.sorted()
        return gaps.isEmpty ? 0 : gaps[gaps.count / 100]
    }

    // MARK: Taking note

    mutating func sent(_ station: Int, now: Int64) { sendsOf[station].append(now) }
    mutating func collapsed(now: Int64) { collapsedAt.append(Double(now) / 1e9) }

    mutating func could(_ station: Int, _ count: Double, now: Int64) {
        possibleIn[Int(now / Self.second)] += count
        if now >= Self.from { possible[station] += count }
    }

    mutating func overloaded(_ seconds: Double, now: Int64) { if now >= Self.from { overload += seconds } }
    mutating func window(_ knees: Double, now: Int64) { if now >= Self.from { widest = max(widest, knees) } }

    mutating func finished(_ station: Int, isAnswered: Bool, latency: Double, unloaded: Double, now: Int64) {
        if isAnswered { servedIn[Int(now / Self.second)] += 1 }
        guard now >= Self.from else { return }
        if isAnswered { served[station] += 1 } else { failed += 1 }
        latencies.append(Float(latency / (Self.unloadedP99 * unloaded)))
    }

    mutating func finish() {
        latencies.sort()
        guard !latencies.isEmpty else { return }
        p99 = Double(latencies[min(latencies.count - 1, latencies.count * 99 / 100)])
        p50 = Double(latencies[latencies.count / 2])
        latencies = []
    }
}
