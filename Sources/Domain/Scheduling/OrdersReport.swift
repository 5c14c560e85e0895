import Base

extension WorkerReport {
    /// How the orders of a worker with a sink went since its last report.
    public struct Orders: Sendable, Equatable {
        /// Execution of single ones of the completed, microseconds; at most `Limits.timesReported`.
        public var times: [Int64]
        /// How long all of the completed were with the worker, their waiting included, microseconds.
        public var residenceSum: Int64
        /// How many of the completed ended without an answer, where no group stands behind the sink.
        public var failed: Int64
        /// What stands behind the sink; nil where the orders end in the worker.
        public var sink: SinkReport?
        /// Its calls that no grant pays for; nil of one that does not ask for them.
        public var repeats: RepeatReport?

        public init(
            times: [Int64] = [], residenceSum: Int64 = 0, failed: Int64 = 0, sink: SinkReport? = nil,
            repeats: RepeatReport? = nil
        ) {
            self.times = Array(times.prefix(Limits.timesReported))
            self.residenceSum = residenceSum
            self.failed = failed
            self.sink = sink
            self.repeats = repeats
        }

        /// A line `!orders failed residence_us`, then the times; where there is a group one of the sink, and one of the
        /// calls that it wants to repeat.
        var text: String {
            var text = "\n!orders \(failed) \(residenceSum)"
            for time in times { text += " \(time)" }
            if let sink { text += "\n\(sink.line)" }
            if sink != nil, let repeats { text += "\n\(repeats.line)" }
            return text
        }

        /// Reads one of the lines, in this order; false for anything else.
        static func read(_ reader: inout FrameReader, into orders: inout Orders?) -> Bool {
            switch reader.word() {
            case "!orders":
                guard orders == nil, let failed = reader.number(), let residence = reader.number() else { return false }
                var times: [Int64] = []
                while reader.hasWord() {
                    guard times.count < Limits.timesReported, let time = reader.number() else { return false }
                    times.append(time)
                }
                orders = Orders(times: times, residenceSum: residence, failed: failed)
                return true
            case "!sink":
                guard orders != nil, orders?.sink == nil, let sink = SinkReport(&reader) else { return false }
                orders?.sink = sink
                return true
            case "!repeats":
                guard orders?.sink != nil, orders?.repeats == nil, let repeats = RepeatReport(&reader) else {
                    return false
                }
                orders?.repeats = repeats
                return true
            default: return false
            }
        }
    }
}
