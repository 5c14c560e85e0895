extension ExecutionController {
    /// The numbers of `ExecutionController`, as docs/capacity.md has them: "What is controlled" says what they are for,
    /// "What it must keep to" what they were tried against.
    public struct Tuning: Sendable, Equatable {
        // Start: "2, up to doubling and never above 1.75 x what works now + 1, while the rate grows by 15 %, or 40 %
        // where a part of the window already idles".
        public var coldWindow: Int64 = 2  // purchases
        public var growthPercent: Int64 = 115
        public var doubtlessPercent: Int64 = 140
        public var flatRounds = 2  // without growth: the start is over
        public var idleThousandths: Int64 = 850  // of the window busy: less is a part that idles
        public var hardlyBusyThousandths: Int64 = 600  // one round without growth is enough then
        // Window: "rate x (unloaded latency + dispatch latency) + 1 + 8 %"; behind a group "half as much again".
        public var windowPercent: Int64 = 108
        public var heldBackPercent: Int64 = 150
        // "A pause is not load": single times count as so many medians at most; "a confirmed change takes two rounds".
        public var mostMedians: Int64 = 6
        public var fasterPercent: Int64 = 60  // of the unloaded latency: less is a change
        public var slowerPercent: Int64 = 160  // of the unloaded latency: more is a change
        public var pausePercent: Int64 = 120  // the median below it says that a few were held up by a pause
        public var confirmations = 2
        public var newSharePercent: Int64 = 30  // of each round in the unloaded latency
        // Errors: "more than 10 %: one at a time". Six replies with at most 30 % are a recovery.
        public var errorPercent: Int64 = 10
        public var leastErrors: Int64 = 3
        public var recoveryReplies: Int64 = 6
        public var recoveryErrorPercent: Int64 = 30
        // Pace: "1.25 x rate, 2 x at the start".
        public var pacePercent: Int64 = 125
        public var startPacePercent: Int64 = 200
        public var burst: Int64 = 4  // purchases, at least
        public var burstOfOneSlot: Int64 = 16
        // "One slot": the first time two rounds must say it; then one round of eight looks again.
        public var oneSlotCompletions: Int64 = 24  // a shorter round says nothing
        public var oneSlotRounds = 2
        public var oneSlotLook = 8  // rounds
        public var unevenThousandths: Int64 = 500  // spread: a coefficient of variation of 0.7
        public var oneSlotDispatches: Int64 = 64  // times the dispatch latency
        public var oneUnevenSlotDispatches: Int64 = 16

        public static let standard = Tuning()
    }
}
