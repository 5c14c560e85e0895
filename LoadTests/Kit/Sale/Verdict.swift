/// The outcome of a run, as it is shown and written.
public struct Verdict: Sendable, Encodable {
    /// Microseconds.
    public struct Spread: Sendable, Equatable, Encodable {
        public let p50Us: Int64
        public let p90Us: Int64
        public let p99Us: Int64
        public let maxUs: Int64

        init(_ histogram: Histogram) {
            p50Us = histogram.quantile(perMille: 500).wholeMicroseconds
            p90Us = histogram.quantile(perMille: 900).wholeMicroseconds
            p99Us = histogram.quantile(perMille: 990).wholeMicroseconds
            maxUs = histogram.largest.wholeMicroseconds
        }
    }

    /// How the run was made.
    public struct Conditions: Sendable, Encodable {
        public let url: String
        public let item: String
        public let buyers: Int
        public let repeatPercent: Int
        public let connections: Int
        public let windowMs: Int64
        public let isPushed: Bool
        public let seed: UInt64

        public init(
            url: String, item: String, buyers: Int, repeatPercent: Int, connections: Int, windowMs: Int64,
            isPushed: Bool = false, seed: UInt64
        ) {
            self.url = url
            self.item = item
            self.buyers = buyers
            self.repeatPercent = repeatPercent
            self.connections = connections
            self.windowMs = windowMs
            self.isPushed = isPushed
            self.seed = seed
        }
    }

    public let passed: Bool
    public let conditions: Conditions
    /// Units on sale when the run began.
    public let units: Int64
    public let sold: Int64
    /// Units sold during the run as the item itself counts them, nil when it could not be read.
    public let soldByItem: Int64?
    public let accepted: Int64
    public let lost: Int64
    public let otherwise: Int64
    public let turnedAway: Int64
    public let answered: Int64
    /// Buyers who were still to come back later when the run ended.
    public let stillPutOff: Int64
    public let reviewed: Int64
    public let orderKept: Bool
    public let nobodyTwice: Bool
    public let highestWinner: Int64?
    public let lowestLoser: Int64?
    public let waited: Spread
    public let winnersWaited: Spread
    /// From the press of a winner to the sale as the events of the item date it; nil when these could not be read.
    public let winnersDecided: Spread?
    public let firstAnswer: Spread
    public let answers: Int64
    public let lostAnswers: Int64
    public let elapsedMs: Int64
    public let breaches: [BreachReport]

    /// `referee` must have judged.
    public init(
        _ referee: Referee, _ buyers: [Buyer], conditions: Conditions, before: ItemBody, after: ItemBody?,
        decided: Histogram? = nil, answers: Int64, lostAnswers: Int64, elapsed: Nanoseconds
    ) {
        let counts = referee.counts
        self.conditions = conditions
        passed = referee.breachCount == 0
        units = before.stockLeft
        sold = counts.sold
        soldByItem = after.map { $0.sold - before.sold }
        (accepted, lost, otherwise) = (counts.accepted, counts.lost, counts.otherwise)
        (turnedAway, answered) = (counts.turnedAway, counts.finalAnswers)
        stillPutOff = Int64(buyers.count { $0.ticket == nil && $0.wasAnswered && !$0.isDone })
        reviewed = Int64(buyers.count { $0.isReviewed })
        orderKept = referee.count(of: .orderBroken) == 0 && referee.count(of: .placeChanged) == 0
        nobodyTwice = referee.count(of: .secondPlace) == 0 && referee.count(of: .sharedPlace) == 0
        (highestWinner, lowestLoser) = (referee.highestWinner, referee.lowestLoser)
        waited = Spread(referee.waits)
        winnersWaited = Spread(referee.winnersWaits)
        winnersDecided = decided.map(Spread.init)
        firstAnswer = Spread(referee.firstAnswers)
        self.answers = answers
        self.lostAnswers = lostAnswers
        elapsedMs = elapsed.wholeMilliseconds
        breaches = referee.reports
    }
}
