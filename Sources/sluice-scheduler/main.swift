import Operations

// Top-level code runs on the main actor; everything else happens in functions that belong to no actor.
SchedulerProcess.run(ConfigurationDriver.loadOrExit(Configuration.schema))
