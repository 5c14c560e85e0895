import Domain
public import Operations

/// The options of `sluice-worker`.
public enum WorkerConfiguration {
    public static let schema = ConfigurationSchema(
        program: "sluice-worker",
        summary: "takes what the scheduler grants out of the queues and out of stock, and places the orders",
        options: KnownOptions.worker,
        check: { values in
            let sink = values[KnownOptions.sink]
            var needed: [(flag: String, isGiven: Bool)] = []
            switch sink {
            case .none, .delay: return []
            case .webhook:
                needed = [
                    ("--sink-url", values.optional(KnownOptions.sinkURL) != nil),
                    ("--sink-secret-file", values.optional(KnownOptions.sinkSecret) != nil),
                ]
            case .postgres: needed = [("--postgres-url", values.optional(KnownOptions.postgresURL) != nil)]
            }
            needed.append(("--ticket-key-file", values.optional(KnownOptions.ticketKey) != nil))
            return needed.filter { !$0.isGiven }.map {
                ConfigurationProblem($0.flag, "the \(sink.rawValue) sink needs it")
            }
        })
}
