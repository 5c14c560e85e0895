public import Base

extension LatencyController {
    /// The numbers of `LatencyController`: shares, factors, and counts of calls. A mark such as (#group-growth) names
    /// the section of docs/capacity.md that says where a number comes from; "What it must keep to" says what all of
    /// them were tried against. An excess is in deviations of chance.
    public struct Tuning: Sendable, Equatable {
        /// Window of a group that nothing is known of, calls. (#group-growth)
        public var coldWindow = 4.0
        /// Calls of a cohort of the growth, at least. (#group-growth)
        public var leastCohort = 4
        /// Times that grants and reports take: a cohort lasts for so many at least. (#group-growth)
        public var cohortDispatches = 8.0
        /// Excess below nothing with which a level is left before its calls are back. (#group-growth)
        public var earlyExcess = 2.0

        /// Excess that is a queue. (#group-tests)
        public var queueExcess = 1.5
        /// Excess that is a queue without a doubt. (#group-tests)
        public var clearExcess = 3.0
        /// Excess below nothing that is room. (#group-tests)
        public var roomExcess = 0.7
        /// Pairs of cohorts after which a test ends. (#group-tests)
        public var mostPairs = 6
        /// Calls of a cohort of a test, at least. (#group-tests)
        public var leastTestCohort = 4
        /// Factor of the window: a test for more. (#group-tests)
        public var moreShare = 1.25
        /// Factor of the window: a test for less. (#group-tests)
        public var lessShare = 0.75
        /// The same where calls became more than twice as long. (#group-tests)
        public var lessShareWhenSlow = 0.5
        /// Mean latencies between tests for more. (#group-tests)
        public var moreGapCalls = 4.0
        /// Time between tests for more, at least. (#group-tests)
        public var leastMoreGap = TimeSpan.milliseconds(300)
        /// Mean latencies before a test for less; each that finds nothing doubles it, up to four times. (#group-tests)
        public var lessGapCalls = 30.0
        /// Time before a test for less, at least; and so much more, six times, at most. (#group-tests)
        public var leastLessGap = TimeSpan.seconds(3)
        /// Of what a queue would add: more is believed the second time. (#group-tests)
        public var mostShift = 1.4

        /// Weight of a cohort in the mean latency. (#group-time)
        public var newMeanShare = 0.3
        /// Factor of the mean latency that may be a queue. (#group-time)
        public var longerMean = 1.3
        /// Factor of the mean latency that is a faster service. (#group-time)
        public var shorterMean = 0.7

        /// Of what a queue would add: more shows that the service broke. (#group-errors)
        public var brokenShift = 2.5
        /// Share of errors with which a group is broken still. (#group-errors)
        public var brokenShare = 0.3
        /// Failures so soon after each other are one: the window of the first one is remembered. (#group-errors)
        public var sameFailure = TimeSpan.seconds(10)
        /// Failures further apart than `CollapseTuning.incident`, and no further than this, leave a ceiling.
        /// (#group-errors)
        public var failsAgain = TimeSpan.seconds(30)
        /// (#after-a-collapse)
        public var collapse: CollapseTuning = {
            var collapse = CollapseTuning()
            (collapse.calm, collapse.raisePercent) = (.seconds(5), 25)
            return collapse
        }()
        /// (#own-errors)
        public var faults = FaultTuning()

        /// Factor of what the window allows: the pace. (#group-pace)
        public var paceShare = 4.0
        /// Factor of what a declared cap has in flight by Little's law, and one: the window at most. (#group-pace)
        public var capShare = 1.05
        /// Calls per 1,000 s, the pace of a start at least. (#group-pace)
        public var leastColdPace = 40_000.0
        /// Calls per 1,000 s, any pace at least. (#group-pace)
        public var leastPace1000: Int64 = 1_000

        public init() {}

        public static let standard = Shared(Tuning())
    }
}
