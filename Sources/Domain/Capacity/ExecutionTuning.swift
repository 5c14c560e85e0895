public import Base

extension ExecutionController {
    /// The numbers of `ExecutionController`. A mark such as (#worker-start) names the section of docs/capacity.md that
    /// says where a number comes from; "What it must keep to" says what all of them were tried against.
    public struct Tuning: Sendable, Equatable {
        /// Window of a worker that nothing is known of, purchases. (#worker-start)
        public var coldWindow: Int64 = 2
        /// Per cent of the highest rate of the start; less is a round without growth. (#worker-start)
        public var growthPercent: Int64 = 115
        /// The same where a part of the window idles. (#worker-start)
        public var doubtlessPercent: Int64 = 140
        /// Rounds without growth after which the start is over. (#worker-start)
        public var flatRounds = 2
        /// Times the window, the next one at most. (#worker-start)
        public var growthLimit: Int64 = 2
        /// Per cent of what works now, the next window at most. (#worker-start)
        public var reachPercent: Int64 = 175
        /// Thousandths of the window that work; with less, a part of it idles. (#worker-start)
        public var idleThousandths: Int64 = 850
        /// Thousandths of the window that work; with less, one round without growth ends the start. (#worker-start)
        public var hardlyBusyThousandths: Int64 = 600

        /// Per cent of what works: the window, and one more. (#worker-window)
        public var windowPercent: Int64 = 108
        /// The same of a worker that its group holds back, and two more. (#worker-window)
        public var heldBackPercent: Int64 = 150

        /// Medians that a single time counts for at most. (#worker-time)
        public var mostMedians: Int64 = 6
        /// Per cent of the unloaded latency; less is a change of the worker. (#worker-time)
        public var fasterPercent: Int64 = 60
        /// Per cent of the unloaded latency; more is a change of the worker. (#worker-time)
        public var slowerPercent: Int64 = 160
        /// Per cent of the unloaded latency; a median below shows that a pause held a few up. (#worker-time)
        public var pausePercent: Int64 = 120
        /// Rounds that confirm a change. (#worker-time)
        public var confirmations = 2
        /// Per cent of each round in the unloaded latency. (#worker-time)
        public var newSharePercent: Int64 = 30
        /// Per cent of each round in the spread of the times. (#worker-time)
        public var newSpreadPercent: Int64 = 25

        /// Completions of a round of the start, at least. (#worker-rounds)
        public var startRound: Int64 = 10
        /// Per cent of the window, a round of the start at least. (#worker-rounds)
        public var startRoundPercent: Int64 = 150
        /// Completions of a round of the start where orders are long, at least. (#worker-rounds)
        public var longStartRound: Int64 = 12
        /// Per cent of the window, a round of the start where orders are long at least. (#worker-rounds)
        public var longStartRoundPercent: Int64 = 200
        /// Times the dispatch latency; orders that take as much are long. (#worker-rounds)
        public var longDispatches: Int64 = 4
        /// Completions of a round after the start, at least. (#worker-rounds)
        public var round: Int64 = 24
        /// Per cent of the window, a round after the start at least. (#worker-rounds)
        public var roundPercent: Int64 = 300
        /// Completions of a round where the times are uneven and the window is small. (#worker-rounds)
        public var unevenRound: Int64 = 48
        /// The largest window that is small. (#worker-rounds)
        public var smallWindow: Int64 = 2

        /// Per cent of errors in a round; more is a collapse. (#worker-errors)
        public var errorPercent: Int64 = 10
        /// Errors in a round; fewer are no collapse. (#worker-errors)
        public var leastErrors: Int64 = 3
        /// Replies to single calls that say whether it has recovered. (#worker-errors)
        public var recoveryReplies: Int64 = 6
        /// Per cent of errors in those at which it has. (#worker-errors)
        public var recoveryErrorPercent: Int64 = 30
        /// (#after-a-collapse)
        public var collapse = CollapseTuning()

        /// Per cent of the rate: the pace. (#worker-pace)
        public var pacePercent: Int64 = 125
        /// The same during the start. (#worker-pace)
        public var startPacePercent: Int64 = 200
        /// Purchases that may go out at once, at least. (#worker-pace)
        public var burst: Int64 = 4
        /// The same of a worker with one slot. (#worker-pace)
        public var burstOfOneSlot: Int64 = 16
        /// Windows that may go out at once, at least. (#worker-pace)
        public var burstWindows: Int64 = 2
        /// Per cent of a second's pace that may go out at once, at least. (#worker-pace)
        public var burstPercent: Int64 = 2

        /// Completions; a shorter round does not say how many slots there are. (#worker-with-one-slot)
        public var oneSlotCompletions: Int64 = 24
        /// Tenths of the round's length; less executed than that is one slot. (#worker-with-one-slot)
        public var oneSlotTenths: Int64 = 13
        /// Rounds that must look like one slot. (#worker-with-one-slot)
        public var oneSlotRounds = 2
        /// One of so many rounds has two purchases, to see whether there is one slot still. (#worker-with-one-slot)
        public var oneSlotCheck = 8
        /// Thousandths of spread; more is uneven: a coefficient of variation of 0.7. (#worker-with-one-slot)
        public var unevenThousandths: Int64 = 500
        /// Times the dispatch latency; purchases that take as much go out one by one. (#worker-with-one-slot)
        public var oneSlotDispatches: Int64 = 64
        /// The same where the times are uneven. (#worker-with-one-slot)
        public var oneUnevenSlotDispatches: Int64 = 16

        public init() {}

        public static let standard = Shared(Tuning())
    }
}
