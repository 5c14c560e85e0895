import Operations

/// What `sluice-worker` can be told.
enum Configuration {
    static let schema = ConfigurationSchema(
        program: "sluice-worker",
        summary: "takes what the scheduler grants out of the queues and out of stock, and places the orders",
        options: [
            KnownOptions.redisURL.declaration, KnownOptions.opsListen.declaration, KnownOptions.sink.declaration,
            KnownOptions.delay.declaration, KnownOptions.delaySlots.declaration, KnownOptions.logLevel.declaration,
            KnownOptions.drain.declaration, KnownOptions.nodeName.declaration, KnownOptions.ticketKey.declaration,
            KnownOptions.postgresURL.declaration, KnownOptions.postgresConnections.declaration,
        ], check: missing)

    /// What the sink chosen can't do without.
    private static func missing(_ values: ConfigurationValues) -> [ConfigurationProblem] {
        guard values[KnownOptions.sink] == .postgres else { return [] }
        var problems: [ConfigurationProblem] = []
        if values.optional(KnownOptions.postgresURL) == nil {
            problems.append(ConfigurationProblem("--postgres-url", "is missing, and --sink postgres needs it"))
        }
        if values.optional(KnownOptions.ticketKey) == nil {
            problems.append(
                ConfigurationProblem("--ticket-key-file", "is missing, and --sink postgres writes tickets down"))
        }
        return problems
    }
}
