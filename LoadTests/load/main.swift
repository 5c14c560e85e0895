import Foundation
import LoadKit

/// Runs and answers with the exit code.
func load(_ arguments: [String]) -> LoadCommand.Exit {
    let options: LoadOptions
    do throws(Misuse) {
        options = try LoadOptions(arguments, .ofThisProcess)
    } catch {
        Output.error.line("sluice-load: \(error.problem)\n\n\(LoadOptions.usage)")
        return .usage
    }
    if options.isHelp {
        return Output.standard.line(LoadOptions.usage) ? .kept : .notRun
    }
    do throws(Trouble) {
        return try LoadCommand(options).perform()
    } catch {
        Output.error.line("sluice-load: \(error.description)")
        return .notRun
    }
}

exit(load(Array(CommandLine.arguments.dropFirst())).rawValue)
