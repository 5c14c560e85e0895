import Glibc
import Operations

/// Where a command writes, and reads answers: the terminal, or a test's recorder.
public struct Console {
    public let isTerminal: Bool
    private let output: (String) -> Void
    private let complaint: (String) -> Void
    private let question: () -> String?

    public init(
        isTerminal: Bool, output: @escaping (String) -> Void, complaint: @escaping (String) -> Void,
        question: @escaping () -> String?
    ) {
        self.isTerminal = isTerminal
        self.output = output
        self.complaint = complaint
        self.question = question
    }

    public static func standard() -> Console {
        Console(
            isTerminal: isatty(1) == 1, output: { if !writeAll(1, $0 + "\n") { exitWithoutOutput() } },
            complaint: { writeAll(2, $0) }, question: { Swift.readLine() })
    }

    public func print(_ line: String) { output(line) }
    public func print(_ lines: [String]) { for line in lines { output(line) } }
    public func complain(_ failure: Failure) { for line in failure.lines { complaint(line + "\n") } }

    /// Prints a question on stderr and reads a line; nil when none comes.
    public func ask(_ prompt: String) -> String? {
        complaint(prompt)
        return question().map(trimmed)
    }

    /// Clears the terminal before a fresh screen.
    public func clear() { if isTerminal { writeAll(1, "\u{1B}[H\u{1B}[2J") } }
}

/// Ends a command whose output can't be written: a full device, a closed pipe. The command has failed.
private func exitWithoutOutput() -> Never {
    let reason = unsafe String(cString: strerror(errno))
    writeAll(2, "sluice: stdout can't be written: \(reason)\n")
    exit(ExitCode.failed.rawValue)
}

/// Writes the whole text, or as much as the other end takes; false, and `errno` says why, when that is not all.
@discardableResult
public func writeAll(_ descriptor: Int32, _ text: String) -> Bool {
    FileDescriptor.writeAll(Array(text.utf8), to: descriptor)
}
