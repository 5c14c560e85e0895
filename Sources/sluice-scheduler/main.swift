import Operations
import SchedulerModule

// Top-level code runs on the main actor; everything else happens in functions that belong to no actor.
SchedulerProcess.run(ConfigurationDriver.loadOrExit(SchedulerConfiguration.schema))
