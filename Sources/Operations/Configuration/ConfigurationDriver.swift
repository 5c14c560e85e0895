import CLinux
import Glibc

/// Loads a schema's values from the process's own arguments, environment and files.
public enum ConfigurationDriver {
    /// The settings to run with. Does not return when the program prints a page (exit 0) or can't run (exit 64).
    public static func loadOrExit(_ schema: ConfigurationSchema) -> ConfigurationValues {
        switch schema.load(surroundings()) {
        case .run(let values): return values
        case .show(let page):
            guard FileDescriptor.writeAll(Array(page.utf8), to: STDOUT_FILENO) else {
                let reason = unsafe String(cString: strerror(errno))
                let text = "\(schema.program): stdout can't be written: \(reason)\n"
                FileDescriptor.writeAll(Array(text.utf8), to: STDERR_FILENO)
                exit(1)
            }
            exit(0)
        case .refuse(let problems): refuse(problems, program: schema.program)
        }
    }

    /// Names every problem on stderr and ends with 64. Also for what a program finds out later, such as a store that
    /// cannot keep the promise.
    public static func refuse(_ problems: [ConfigurationProblem], program: String) -> Never {
        var text = ""
        for problem in problems { text += "\(program): \(problem)\n" }
        FileDescriptor.writeAll(Array(text.utf8), to: STDERR_FILENO)
        exit(64)
    }

    public static func surroundings() -> Surroundings {
        Surroundings(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: environment(),
            cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), readFile: FileDescriptor.readFile)
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        guard var entry = unsafe clinux_environment() else { return variables }
        while let text = unsafe entry.pointee {
            let line = unsafe String(cString: text)
            if let equals = line.firstIndex(of: "=") {
                variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
            }
            unsafe entry += 1
        }
        return variables
    }
}
