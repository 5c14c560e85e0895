import Operations
import OrderServiceModule

// Top-level code runs on the main actor; everything else happens in functions that belong to no actor.
OrderServiceProcess.run(ConfigurationDriver.loadOrExit(OrderServiceProcess.schema))
