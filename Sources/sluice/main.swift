import CommandLineModule

exitAfterRunning(CommandLine.arguments)
