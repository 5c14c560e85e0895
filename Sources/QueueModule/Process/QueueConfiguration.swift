public import Operations

/// The options of `sluice-queue`.
public enum QueueConfiguration {
    public static let schema = ConfigurationSchema(
        program: "sluice-queue",
        summary: "takes purchases over HTTP into bounded queues, one an item",
        required: KnownOptions.queueSecrets, options: KnownOptions.queue,
        check: { values in
            values[KnownOptions.durability] == .replicated
                ? [ConfigurationProblem("--durability", "replicated is not available yet; use fast or safe")] : []
        })
}
