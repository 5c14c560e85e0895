import FoundationEssentials
import Glibc

/// What `up` logs on stderr: a plain line on a terminal, else a JSON line as the modules write them.
public struct SupervisorLog {
    private let isTerminal: Bool
    private let write: (String) -> Void

    public init(isTerminal: Bool, write: @escaping (String) -> Void = { writeAll(2, $0) }) {
        self.isTerminal = isTerminal
        self.write = write
    }

    public func info(_ message: String, node: Node? = nil) { line("info", message, node) }
    public func warning(_ message: String, node: Node? = nil) { line("warn", message, node) }
    public func error(_ message: String, node: Node? = nil) { line("error", message, node) }

    private func line(_ level: String, _ message: String, _ node: Node?) {
        let who = node?.name ?? "up"
        if isTerminal {
            write("sluice: \(node == nil ? "" : "\(who): ")\(printable(message))\n")
            return
        }
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let fields: [String: JSONValue] = [
            "event": .string("supervisor"), "level": .string(level), "message": .string(printable(message)),
            "node": .string(who),
            "time": .string(time),
        ]
        write(JSONValue.object(fields).text + "\n")
    }
}
