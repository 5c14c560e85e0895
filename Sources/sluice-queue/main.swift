import Operations
import QueueModule

// Top-level code runs on the main actor; everything else happens in functions that belong to no actor.
QueueProcess.run(ConfigurationDriver.loadOrExit(QueueConfiguration.schema))
