import Foundation
import LoadKit

/// Runs and answers with the exit code.
func rush(_ arguments: [String]) -> Run.Exit {
    let options: RushOptions
    do throws(Misuse) {
        options = try RushOptions(arguments, .ofThisProcess)
    } catch {
        Output.error.line("sluice-rush: \(error.problem)\n\n\(RushOptions.usage)")
        return .usage
    }
    if options.isHelp {
        return Output.standard.line(RushOptions.usage) ? .kept : .notRun
    }
    let output = options.isJSON ? Output.error : Output.standard
    do throws(Trouble) {
        return try Run(options, output: output).perform()
    } catch {
        Output.error.line("sluice-rush: \(error.description)")
        return .notRun
    }
}

exit(rush(Array(CommandLine.arguments.dropFirst())).rawValue)
