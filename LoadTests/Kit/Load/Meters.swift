/// What a load test measures. Every answer is measured from when its request was due.
package struct Meters: Sendable {
    /// Purchases that gave or found a place.
    package var accepted = Histogram()
    /// Refusals of every kind.
    package var refused = Histogram()
    package var polls = Histogram()
    package var views = Histogram()
    /// All of these, and what was never answered, with the time until it was given up.
    package var all = Histogram()
    /// Of bots, who are due when they have been answered; in no other histogram.
    package var bots = Histogram()
    /// From a buyer's arrival to the final answer.
    package var finals = Histogram()
    /// From when a request had a connection to its answer: the server's part alone, bots included.
    package var served = Histogram()
    /// How late this program itself came to what was due: when it is high, the figures speak of it, not of the server.
    package var lag = Histogram()

    package var refusals = [Int64](repeating: 0, count: Refusal.allCases.count)
    package var arrivals: Int64 = 0
    package var answered: Int64 = 0
    package var unanswered: Int64 = 0
    package var wrong: Int64 = 0
    package var turnedAway: Int64 = 0  // buyers told it is over
    package var gaveUp: Int64 = 0  // buyers told to come back more often than they do
    /// Milliseconds: the longest that anybody was told to wait before the next poll.
    package var longestPollAfter: Int64 = 0
    package var timeline: Timeline

    package init(start: Nanoseconds) { timeline = Timeline(start: start) }

    /// Answers that were none, or not what the contract allows.
    package var errors: Int64 { unanswered + wrong }
}

/// What happened in each tenth of a second.
package struct Timeline: Sendable {
    package static let width = Nanoseconds.milliseconds(100)

    package struct Bin: Sendable, Equatable {
        package var arrivals: Int32 = 0
        package var answered: Int32 = 0
        package var accepted: Int32 = 0
        package var refused: Int32 = 0
        package var sold: Int32 = 0
        package var errors: Int32 = 0
        /// Accepted without a final answer when the bin was last written.
        package var waiting: Int32 = 0
    }

    private let start: Nanoseconds
    package private(set) var bins: [Bin] = []

    package init(start: Nanoseconds) { self.start = start }

    /// Changes the bin of `time`; what comes before the start belongs to the first one.
    package mutating func note(_ time: Nanoseconds, _ change: (inout Bin) -> Void) {
        let index = Int(max(0, (time - start).count) / Self.width.count)
        while bins.count <= index {
            var bin = Bin()
            bin.waiting = bins.last?.waiting ?? 0
            bins.append(bin)
        }
        change(&bins[index])
    }

    /// At most `most` bins, each the sum of equally many, with the last `waiting` of them.
    package func folded(to most: Int) -> (width: Nanoseconds, bins: [Bin]) {
        let factor = max(1, (bins.count + most - 1) / most)
        var folded: [Bin] = []
        for (index, bin) in bins.enumerated() {
            if index % factor == 0 { folded.append(Bin()) }
            let last = folded.count - 1
            folded[last].arrivals += bin.arrivals
            folded[last].answered += bin.answered
            folded[last].accepted += bin.accepted
            folded[last].refused += bin.refused
            folded[last].sold += bin.sold
            folded[last].errors += bin.errors
            folded[last].waiting = bin.waiting
        }
        return (Nanoseconds(Self.width.count * Int64(factor)), folded)
    }
}
