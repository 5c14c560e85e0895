public import Base

extension LatencyController {
    /// The numbers of `LatencyController`: shares, factors, and counts of calls and rounds. A mark such as
    /// (#group-start) names the section of docs/capacity.md that says where a number comes from; "What it must keep to"
    /// says what all of them were tried against.
    public struct Tuning: Sendable, Equatable {
        /// Window of a group that nothing is known of, calls. (#group-start)
        public var coldWindow = 4.0
        /// Times that grants and reports take: a cohort lasts that long at least. (#group-window)
        public var cohortDispatches = 8.0
        /// Calls of a cohort, at least. (#group-window)
        public var leastCohort = 4
        /// Factor of the mean latency that may be a queue. (#group-window)
        public var longerMean = 1.3
        /// Factor of the mean latency that shows a faster service. (#group-window)
        public var shorterMean = 0.7
        /// Factor of the window from round to round. (#group-start)
        public var growth = 1.4
        /// The same under a declared cap. (#group-start)
        public var cappedGrowth = 2.0
        /// The same after errors, at most. (#group-start)
        public var recoveredGrowth = 1.5
        /// Factor of what works now: the next window at most, and `reachMore`. (#group-start)
        public var reach = 1.25
        /// The same under a declared cap. (#group-start)
        public var cappedReach = 1.35
        /// Calls beyond that. (#group-start)
        public var reachMore = 1.5
        /// Factor of the highest rate of the start; less is a flat round. (#group-start)
        public var gain = 1.15
        /// Flat rounds after which the start is over, whatever the queue. (#group-start)
        public var flatRounds = 6
        /// Flat rounds after which a queue of `queueAfterFlatRounds` ends the start. (#group-start)
        public var fewFlatRounds = 2
        /// Mean latency over the unloaded one that is a queue after one flat round. (#group-start)
        public var queueAfterFlatRound = 1.4
        /// The same after some flat rounds. (#group-start)
        public var queueAfterFlatRounds = 1.2
        /// Calls that wait inside; fewer are no queue. (#group-start)
        public var leastQueue = 1.0
        /// Mean latency over the unloaded one that ends the start at once. (#group-start)
        public var queueAtOnce = 2.2
        /// Mean latency over the unloaded one up to which the window grows. (#group-start)
        public var mayGrowBelow = 1.5
        /// Share of a declared cap at which the window is large enough. (#group-start)
        public var enoughOfCap = 0.95
        /// Share of the ceiling up to which rates were borne before. (#group-start)
        public var knownGround = 0.6
        /// Factor of window and pace up to there. (#group-start)
        public var knownGrowth = 2.0

        /// Share of what works that may wait inside, beside one call. (#group-window)
        public var queueShare = 0.08
        /// Times the window, the next one at most, and one call. (#group-window)
        public var windowLimit = 2.0
        /// Factor of what works: the window of a drain. (#group-window)
        public var drainShare = 0.85
        /// Factor of the window: a probe. (#group-window)
        public var probe = 1.15
        /// Share of what the window grew by that the rate must grow by, for a probe to be kept. (#group-window)
        public var probeGain = 0.6
        /// Mean latency over the unloaded one up to which no queue came of a probe. (#group-window)
        public var noQueueBelow = 1.1
        /// Rounds before the first probe. (#group-window)
        public var firstGap = 5
        /// Rounds between probes, at least. (#group-window)
        public var leastGap = 4
        /// Rounds between probes, at most. (#group-window)
        public var mostGap = 16
        /// Factor of rounds and time between probes, where a drain found nothing new. (#group-window)
        public var gapGrowth = 2
        /// Rounds between probes where rounds are long. (#group-window)
        public var longRoundsGap = 2
        /// Time between probes where rounds are long, at least. (#group-window)
        public var leastWait = TimeSpan.seconds(4)
        /// Time between probes where rounds are long, at most. (#group-window)
        public var mostWait = TimeSpan.seconds(16)

        /// Medians that a single time counts for at most. (#group-time)
        public var mostMedians = 4.0
        /// Median over the unloaded latency; more is a slow round. (#group-time)
        public var slowerMedian = 1.8
        /// Median over the unloaded latency that is confirmed at once. (#group-time)
        public var slowerAtOnce = 4.0
        /// Slow rounds in a row that confirm a slow-down. (#group-time)
        public var slowRounds = 2
        /// Mean over the unloaded latency; less is a fast round. (#group-time)
        public var fasterMean = 0.8
        /// Fast rounds in a row that confirm a speed-up. (#group-time)
        public var fastRounds = 2
        /// Share of the unloaded latency; a drain that finds less of a difference has confirmed it. (#group-time)
        public var nearShare = 0.1
        /// Factors of the unloaded latency between which a drain is believed, half. (#group-time)
        public var leastDrained = 0.6
        /// The upper one. (#group-time)
        public var mostDrained = 1.5

        /// Replies of a round of the start, at least. (#group-rounds)
        public var startRound = 10.0
        /// Windows, a round of the start at least. (#group-rounds)
        public var startRoundWindows = 1.5
        /// Replies of a round while a group is measured again. (#group-rounds)
        public var relearnRound = 10.0
        /// Replies of a round that holds, at least. (#group-rounds)
        public var holdRound = 24.0
        /// Windows, a round that holds at least. (#group-rounds)
        public var holdRoundWindows = 3.0
        /// Replies of a probe, at least. (#group-rounds)
        public var probeRound = 48.0
        /// Windows, a probe at least. (#group-rounds)
        public var probeRoundWindows = 4.0
        /// Replies of a drain, at least. (#group-rounds)
        public var drainRound = 12.0
        /// Windows, a drain at least. (#group-rounds)
        public var drainRoundWindows = 2.0
        /// Factor of what the window allows at the mean latency: the rate of a round at most. (#group-rounds)
        public var mostRate = 1.1

        /// Share of errors in a round that shows that a group is broken still. (#group-errors)
        public var brokenShare = 0.3
        /// (#after-a-collapse)
        public var collapse = CollapseTuning()
        /// (#own-errors)
        public var faults = FaultTuning()

        /// Factor of the rate: the pace. (#group-pace)
        public var paceShare = 4.0
        /// The same during a probe, and `probePaceMore`. (#group-pace)
        public var probePaceShare = 1.15
        /// Calls per 1,000 s beyond that. (#group-pace)
        public var probePaceMore = 1_000.0
        /// Mean latency over the unloaded one up to which the pace of the start is the rate times the growth.
        /// (#group-pace)
        public var growsPaceBelow = 1.2
        /// Calls per 1,000 s, the pace of a start at least. (#group-pace)
        public var leastColdPace = 40_000.0
        /// Calls per 1,000 s, any pace at least. (#group-pace)
        public var leastPace1000: Int64 = 1_000

        public init() {}

        public static let standard = Shared(Tuning())
    }
}
