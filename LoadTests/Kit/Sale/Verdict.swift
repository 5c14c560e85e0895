/// The outcome of a run, as it is shown and written.
package struct Verdict: Sendable, Encodable {
    /// Microseconds.
    package struct Spread: Sendable, Equatable, Encodable {
        package let p50Us: Int64
        package let p90Us: Int64
        package let p99Us: Int64
        package let maxUs: Int64

        init(_ histogram: Histogram) {
            p50Us = histogram.quantile(perMille: 500).wholeMicroseconds
            p90Us = histogram.quantile(perMille: 900).wholeMicroseconds
            p99Us = histogram.quantile(perMille: 990).wholeMicroseconds
            maxUs = histogram.largest.wholeMicroseconds
        }
    }

    /// How the run was made.
    package struct Conditions: Sendable, Encodable {
        package let url: String
        package let item: String
        package let buyers: Int
        package let repeatPercent: Int
        package let connections: Int
        package let windowMs: Int64
        package let seed: UInt64

        package init(
            url: String, item: String, buyers: Int, repeatPercent: Int, connections: Int, windowMs: Int64, seed: UInt64
        ) {
            self.url = url
            self.item = item
            self.buyers = buyers
            self.repeatPercent = repeatPercent
            self.connections = connections
            self.windowMs = windowMs
            self.seed = seed
        }
    }

    package let passed: Bool
    package let conditions: Conditions
    /// Units on sale when the run began.
    package let units: Int64
    package let sold: Int64
    /// Units sold during the run as the item itself counts them, nil when it could not be read.
    package let soldByItem: Int64?
    package let accepted: Int64
    package let lost: Int64
    package let otherwise: Int64
    package let turnedAway: Int64
    package let told: Int64
    /// Buyers still told to come back later when the run ended.
    package let stillPutOff: Int64
    package let reviewed: Int64
    package let orderKept: Bool
    package let nobodyTwice: Bool
    package let highestWinner: Int64?
    package let lowestLoser: Int64?
    package let waited: Spread
    package let winnersWaited: Spread
    package let firstAnswer: Spread
    package let answers: Int64
    package let lostAnswers: Int64
    package let elapsedMs: Int64
    package let breaches: [BreachReport]

    /// `referee` must have judged.
    package init(
        _ referee: Referee, _ buyers: [Buyer], conditions: Conditions, before: ItemBody, after: ItemBody?,
        answers: Int64, lostAnswers: Int64, elapsed: Nanoseconds
    ) {
        let counts = referee.counts
        self.conditions = conditions
        passed = referee.breachCount == 0
        units = before.stockLeft
        sold = counts.sold
        soldByItem = after.map { $0.sold - before.sold }
        (accepted, lost, otherwise) = (counts.accepted, counts.lost, counts.otherwise)
        (turnedAway, told) = (counts.turnedAway, counts.told)
        stillPutOff = Int64(buyers.count { $0.ticket == nil && $0.wasHeard && !$0.isDone })
        reviewed = Int64(buyers.count { $0.isReviewed })
        orderKept = referee.count(of: .orderBroken) == 0 && referee.count(of: .placeChanged) == 0
        nobodyTwice = referee.count(of: .secondPlace) == 0 && referee.count(of: .sharedPlace) == 0
        (highestWinner, lowestLoser) = (referee.highestWinner, referee.lowestLoser)
        waited = Spread(referee.waits)
        winnersWaited = Spread(referee.winnersWaits)
        firstAnswer = Spread(referee.firstAnswers)
        self.answers = answers
        self.lostAnswers = lostAnswers
        elapsedMs = elapsed.wholeMilliseconds
        breaches = referee.reports
    }
}
