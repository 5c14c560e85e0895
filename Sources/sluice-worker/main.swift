import Operations
import WorkerModule

// Top-level code runs on the main actor; everything else happens in functions that belong to no actor.
WorkerProcess.run(ConfigurationDriver.loadOrExit(WorkerConfiguration.schema))
