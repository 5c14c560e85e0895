public import Operations

/// The options of `sluice-scheduler`.
public enum SchedulerConfiguration {
    public static let schema = ConfigurationSchema(
        program: "sluice-scheduler",
        summary: "lets purchases out at the measured capacity of the workers; one leads, others stand by",
        options: KnownOptions.scheduler)
}
