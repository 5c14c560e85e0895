public import Base

extension LatencyController {
    /// The numbers of `LatencyController`, as docs/capacity.md has them: "What is controlled" says what they are for,
    /// "What it must keep to" what they were tried against. Shares and factors; rounds and calls are counted.
    public struct Tuning: Sendable, Equatable {
        // Start: "2, x 1.4 (x 2 under a cap) while no queue shows, and never above 1.25 x what works now + 1.5".
        public var coldWindow = 2.0  // calls
        public var growth = 1.4
        public var cappedGrowth = 2.0
        public var recoveredGrowth = 1.5  // at most, after errors
        public var reach = 1.25
        public var cappedReach = 1.35
        public var reachMore = 1.5  // calls
        public var gain = 1.15  // of the rate: less is a flat round
        public var flatRounds = 6  // the start is over, whatever the queue
        // A queue shows: flat rounds (1, 2, none) and the mean latency over the unloaded one.
        public var queueAfterFlatRound = 1.4
        public var queueAfterFlatRounds = 1.2
        public var queueAtOnce = 2.2
        public var mayGrowBelow = 1.5  // mean latency over the unloaded one
        public var enoughOfCap = 0.95
        // "Twice as much each round on the way back up to 0.6 of the ceiling".
        public var knownGround = 0.6
        public var knownGrowth = 2.0
        // Window: "rate x unloaded latency + 1 + 8 %".
        public var queueShare = 0.08
        // "A short drain below the knee"; "a probe of 15 % now and then; kept if the rate rose with it".
        public var drainShare = 0.85
        public var probe = 1.15
        public var probeGain = 0.6  // of the share that the window grew by
        public var noQueueBelow = 1.1  // mean latency over the unloaded one: the probe is kept
        public var firstGap = 5  // rounds between probes
        public var leastGap = 4
        public var mostGap = 16
        public var leastRest = TimeSpan.seconds(4)  // between probes, where rounds are long
        public var mostRest = TimeSpan.seconds(16)
        public var nearShare = 0.1  // of the unloaded latency: the drain has confirmed it
        // "Ten times slower: confirmed by two medians"; "a confirmed change takes two rounds".
        public var slowerMedian = 1.8
        public var slowerAtOnce = 4.0
        public var slowRounds = 2
        public var fasterMean = 0.8
        public var mostMedians = 4.0  // "a pause is not load"
        // "Errors": back to one call; still broken above this share of them.
        public var brokenShare = 0.3
        // Pace: "1.12 x rate, 1.4 x at the start; a declared cap instead".
        public var paceShare = 1.12
        public var probePaceShare = 1.15
        public var probePaceMore = 1_000.0  // per 1,000 s
        public var growsPaceBelow = 1.2  // mean latency over the unloaded one
        public var leastColdPace = 10_000.0  // per 1,000 s

        public static let standard = Tuning()
    }
}
