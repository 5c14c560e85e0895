import Glibc

/// Where a command writes and asks: the terminal, or a test's recorder.
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

    /// Asks on stderr; nil when no answer comes.
    public func ask(_ prompt: String) -> String? {
        complaint(prompt)
        return question().map(trimmed)
    }

    /// Clears the terminal before a fresh screen.
    public func clear() { if isTerminal { writeAll(1, "\u{1B}[H\u{1B}[2J") } }
}

/// Ends a command whose answer nobody gets: a full device, a closed pipe. What was asked for is not done.
private func exitWithoutOutput() -> Never {
    let reason = unsafe String(cString: strerror(errno))
    writeAll(2, "sluice: stdout can't be written: \(reason)\n")
    exit(ExitCode.failed.rawValue)
}

/// Writes the whole text, or as much as the other end takes; false, and `errno` says why, when that is not all.
@discardableResult
public func writeAll(_ descriptor: Int32, _ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
        let count = unsafe bytes[written...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
    }
    return true
}
