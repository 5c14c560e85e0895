import Base

extension WorkerReport {
    /// How the orders of a worker with a sink went since its last report.
    public struct Orders: Sendable, Equatable {
        /// Execution of single ones of the completed, microseconds; at most `Limits.timesReported`.
        public var times: [Int64]
        /// How long all of the completed were with the worker, their wait for a slot included, microseconds.
        public var residenceSum: Int64
        /// How many of the completed ended without an answer, where no group stands behind the sink.
        public var failed: Int64
        /// What stands behind the sink; nil where the orders end in the worker.
        public var sink: SinkReport?
        /// Its retries; nil of a worker that requests no permits for them.
        public var retries: RetryReport?

        public init(
            times: [Int64] = [], residenceSum: Int64 = 0, failed: Int64 = 0, sink: SinkReport? = nil,
            retries: RetryReport? = nil
        ) {
            self.times = Array(times.prefix(Limits.timesReported))
            self.residenceSum = residenceSum
            self.failed = failed
            self.sink = sink
            self.retries = retries
        }
    }
}
