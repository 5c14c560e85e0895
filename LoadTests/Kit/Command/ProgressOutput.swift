/// Shows how far a run is: one line in place on a terminal, else a line a second.
struct ProgressOutput {
    private let output: Output
    private let pause: Nanoseconds
    private var nextAt = Nanoseconds.zero

    /// - Parameter pause: between two states on a terminal.
    init(_ output: Output, pause: Nanoseconds) {
        self.output = output
        self.pause = output.isTerminal ? pause : .seconds(1)
    }

    /// Whether the last state is old enough; then the next one is due a pause later.
    mutating func isDue(_ now: Nanoseconds) -> Bool {
        guard now >= nextAt else { return false }
        nextAt = now + pause
        return true
    }

    func show(_ text: String) { output.write(output.isTerminal ? "\r\(text)\u{1B}[K" : text + "\n") }

    /// Leaves the last line standing.
    func end() {
        if output.isTerminal { output.write("\n") }
    }
}
