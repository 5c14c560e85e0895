/// The outcome of a load test, as it is shown and written.
public struct LoadResult: Sendable, Encodable {
    /// Milliseconds with three digits after the point, and how many were measured.
    public struct Spread: Sendable, Equatable, Encodable {
        public let count: UInt64
        public let p50Ms: Double
        public let p90Ms: Double
        public let p99Ms: Double
        public let p999Ms: Double
        public let maxMs: Double

        public init(_ histogram: Histogram) {
            count = histogram.count
            p50Ms = Self.milliseconds(histogram.quantile(perMille: 500))
            p90Ms = Self.milliseconds(histogram.quantile(perMille: 900))
            p99Ms = Self.milliseconds(histogram.quantile(perMille: 990))
            p999Ms = Self.milliseconds(histogram.quantile(perMille: 999))
            maxMs = Self.milliseconds(histogram.largest)
        }

        private static func milliseconds(_ time: Nanoseconds) -> Double { Double(time.wholeMicroseconds) / 1_000 }
    }

    /// What was done, for who wants to do it again.
    public struct Conditions: Sendable, Encodable {
        public let scenario: String
        public let pacing: String
        public let url: String
        /// Arrivals per second that were meant, a spike's crowd included; 0 in a closed loop.
        public let offeredPerS: Double
        public let seconds: Double
        public let connections: Int
        public let idleConnections: Int
        public let seed: UInt64

        public init(_ scenario: Scenario, isClosed: Bool, url: String, seed: UInt64) {
            self.scenario = scenario.name
            pacing = isClosed ? "closed loop" : "open loop"
            self.url = url
            offeredPerS = isClosed ? 0 : scenario.meanPerSecond
            seconds = scenario.arrivals.seconds
            connections = scenario.connections
            idleConnections = scenario.idleConnections
            self.seed = seed
        }
    }

    /// What this program itself used: microseconds of processor time an answer.
    public struct Generator: Sendable, Encodable {
        public let userUsPerAnswer: Double
        public let systemUsPerAnswer: Double
        public let lagP99Ms: Double
    }

    /// One point of the series, the sums of `bin_ms`.
    public struct Point: Sendable, Encodable {
        public let atMs: Int64
        public let arrivals: Int32
        public let answered: Int32
        public let accepted: Int32
        public let refused: Int32
        public let sold: Int32
        public let errors: Int32
        /// Accepted without a final answer at the end of the bin.
        public let waiting: Int32
    }

    public let conditions: Conditions
    /// Ended before its time.
    public let isCut: Bool
    public let elapsedMs: Int64
    public let arrivals: Int64
    public let answered: Int64
    public let answeredPerS: Double
    /// Buyers with a place.
    public let accepted: Int64
    public let acceptedPerS: Double
    public let sold: Int64
    public let soldOut: Int64
    public let left: Int64
    public let endedOtherwise: Int64
    public let turnedAway: Int64
    public let gaveUp: Int64
    public let replays: Int64
    /// Accepted buyers who had no final answer when their time was over.
    public let waiting: Int64
    /// The longest pause before the next poll that any buyer was given.
    public let longestPollAfterMs: Int64
    public let reviewed: Int
    public let refusals: [String: Int64]
    public let unanswered: Int64
    public let wrong: Int64
    /// From the last arrival to the last final answer, nil when a buyer still waits.
    public let drainedMs: Int64?
    public let latency: [String: Spread]
    public let idleOpen: Int
    public let generator: Generator
    public let breaches: [BreachReport]
    public internal(set) var missed: [String] = []
    public let binMs: Int64
    public let series: [Point]

    /// Quantiles of the latency of all, accepted, refused, polls: what the chart draws.
    let curves: [(name: String, histogram: Histogram)]

    private enum CodingKeys: CodingKey {
        case conditions, isCut, elapsedMs, arrivals, answered, answeredPerS, accepted, acceptedPerS, sold, soldOut, left
        case endedOtherwise, turnedAway, gaveUp, replays, waiting, longestPollAfterMs, reviewed, refusals, unanswered,
            wrong, drainedMs
        case latency, idleOpen, generator, breaches, missed, binMs, series
    }

    private static let points = 400

    /// `buyers` must have been judged.
    ///
    /// - Parameters:
    ///   - arrivalsTook: from the start to the last arrival.
    ///   - elapsed: from the start to the last answer.
    ///   - waiting: buyers with a place who had no final answer when their time was over.
    ///   - isCut: the test was ended before its time, so no threshold can be judged.
    public init(
        _ buyers: BuyerPopulation, conditions: Conditions, arrivalsTook: Nanoseconds, elapsed: Nanoseconds,
        cost: ProcessCost, reviewed: Int, waiting: Int64, idleOpen: Int, thresholds: Scenario.Thresholds, isCut: Bool
    ) {
        let (meters, ledger) = (buyers.meters, buyers.ledger)
        self.conditions = conditions
        elapsedMs = elapsed.wholeMilliseconds
        (arrivals, answered) = (meters.arrivals, meters.answered)
        let seconds = max(0.001, Double(arrivalsTook.count) / 1e9)
        // What is answered after the last arrival came too late to keep up with the rate.
        let inTime = meters.timeline.bins.prefix(Int(arrivalsTook.count / Timeline.width.count))
        answeredPerS = Self.rounded(Double(inTime.reduce(0) { $0 + Int64($1.answered) }) / seconds)
        accepted = ledger.accepted
        acceptedPerS = Self.rounded(Double(inTime.reduce(0) { $0 + Int64($1.accepted) }) / seconds)
        (sold, soldOut, left) = (ledger.sold, ledger.soldOut, ledger.cancelled)
        (endedOtherwise, turnedAway, gaveUp) = (ledger.otherwise, meters.turnedAway, meters.gaveUp)
        (replays, self.waiting, self.reviewed) = (ledger.replays, waiting, reviewed)
        let counted = zip(Refusal.allCases, meters.refusals).filter { $1 > 0 }
        refusals = Dictionary(uniqueKeysWithValues: counted.map { ($0.rawValue, $1) })
        (unanswered, wrong) = (meters.unanswered, meters.wrong)
        longestPollAfterMs = meters.longestPollAfter
        drainedMs = waiting == 0 ? max(0, (elapsed - arrivalsTook).wholeMilliseconds) : nil
        let all: [(String, Histogram)] = [
            ("all", meters.all), ("accepted", meters.accepted), ("refused", meters.refused), ("polls", meters.polls),
            ("views", meters.views), ("bots", meters.bots), ("final", meters.finals), ("served", meters.served),
        ]
        latency = Dictionary(uniqueKeysWithValues: all.filter { $0.1.count > 0 }.map { ($0.0, Spread($0.1)) })
        curves = all.prefix(5).filter { $0.1.count > 0 }.map { (name: $0.0, histogram: $0.1) }
        self.idleOpen = idleOpen
        let answers = Double(max(1, meters.answered))
        generator = Generator(
            userUsPerAnswer: Self.rounded(Double(cost.user) / answers),
            systemUsPerAnswer: Self.rounded(Double(cost.system) / answers),
            lagP99Ms: Spread(meters.lag).p99Ms)
        breaches = ledger.reports
        let (width, bins) = meters.timeline.folded(to: Self.points)
        binMs = width.wholeMilliseconds
        series = bins.enumerated().map { index, bin in
            Point(
                atMs: Int64(index) * width.wholeMilliseconds, arrivals: bin.arrivals, answered: bin.answered,
                accepted: bin.accepted, refused: bin.refused, sold: bin.sold, errors: bin.errors,
                waiting: bin.waiting)
        }
        self.isCut = isCut
        missed = isCut ? [] : thresholds.missed(by: self)
    }

    /// Whether every promise and every threshold was kept.
    public var isGood: Bool { breaches.isEmpty && missed.isEmpty }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
