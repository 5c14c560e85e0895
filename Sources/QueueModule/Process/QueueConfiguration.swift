public import Operations

/// What `sluice-queue` can be told.
public enum QueueConfiguration {
    public static let schema = ConfigurationSchema(
        program: "sluice-queue",
        summary: "takes purchases over HTTP into bounded queues, one an item",
        required: [KnownOptions.ticketKey.declaration, KnownOptions.adminToken.declaration],
        options: [
            KnownOptions.redisURL.declaration, KnownOptions.listen.declaration, KnownOptions.adminListen.declaration,
            KnownOptions.metricsToken.declaration,
            KnownOptions.loops.declaration, KnownOptions.durability.declaration,
            KnownOptions.maxConnections.declaration, KnownOptions.batch.declaration,
            KnownOptions.pollBudget.declaration, KnownOptions.logLevel.declaration,
            KnownOptions.drain.declaration, KnownOptions.nodeName.declaration,
        ],
        check: { values in
            values[KnownOptions.durability] == .replicated
                ? [ConfigurationProblem("--durability", "replicated is not available yet; use fast or safe")] : []
        })
}
