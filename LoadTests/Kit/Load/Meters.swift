/// What a load test measures. Every answer is measured from when its request was due.
public struct Meters: Sendable {
    /// Purchases that gave or found a place.
    public var accepted = Histogram()
    /// Refusals of every kind.
    public var refused = Histogram()
    public var polls = Histogram()
    public var views = Histogram()
    /// All of these, and what was never answered, with the time until it was given up.
    public var all = Histogram()
    /// Of bots, whose next request is due when they have their answer; in no other histogram.
    public var bots = Histogram()
    /// From a buyer's arrival to the final answer.
    public var finals = Histogram()
    /// From when a request had a connection to its answer: the server's part alone, bots included.
    public var served = Histogram()
    /// How late this program itself came to what was due: when it is high, the figures describe it, not the server.
    public var lag = Histogram()

    public var refusals = [Int64](repeating: 0, count: Refusal.allCases.count)
    public var arrivals: Int64 = 0
    public var answered: Int64 = 0
    public var unanswered: Int64 = 0
    public var wrong: Int64 = 0
    public var turnedAway: Int64 = 0  // buyers answered that it is over
    public var gaveUp: Int64 = 0  // buyers put off more often than they come back
    /// Milliseconds: the longest pause before the next poll that any buyer was given.
    public var longestPollAfter: Int64 = 0
    public var timeline: Timeline

    public init(start: Nanoseconds) { timeline = Timeline(start: start) }

    private static let position = Dictionary(uniqueKeysWithValues: zip(Refusal.allCases, 0...))

    mutating func refused(_ refusal: Refusal) { refusals[Self.position[refusal] ?? 0] += 1 }

    /// Answers that were none, or not what the contract allows.
    public var errors: Int64 { unanswered + wrong }
}

/// What happened in each tenth of a second.
public struct Timeline: Sendable {
    public static let width = Nanoseconds.milliseconds(100)

    public struct Bin: Sendable, Equatable {
        public var arrivals: Int32 = 0
        public var answered: Int32 = 0
        public var accepted: Int32 = 0
        public var refused: Int32 = 0
        public var sold: Int32 = 0
        public var errors: Int32 = 0
        /// Accepted without a final answer when the bin was last written.
        public var waiting: Int32 = 0
    }

    private let start: Nanoseconds
    public private(set) var bins: [Bin] = []

    public init(start: Nanoseconds) { self.start = start }

    /// Changes the bin of `time`; what comes before the start belongs to the first one.
    public mutating func note(_ time: Nanoseconds, _ change: (inout Bin) -> Void) {
        let index = Int(max(0, (time - start).count) / Self.width.count)
        while bins.count <= index {
            var bin = Bin()
            bin.waiting = bins.last?.waiting ?? 0
            bins.append(bin)
        }
        change(&bins[index])
    }

    /// At most `most` bins, each the sum of equally many, with the last `waiting` of them.
    public func folded(to most: Int) -> (width: Nanoseconds, bins: [Bin]) {
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
