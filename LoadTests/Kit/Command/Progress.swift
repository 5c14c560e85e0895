/// Shows how far a run is: one line in place on a terminal, else a line a second.
struct Progress {
    private let output: Output
    private let pause: Nanoseconds
    private let isQuiet: Bool
    private var nextAt = Nanoseconds.zero
    private var last: (at: Nanoseconds, counts: [Int64])?

    /// - Parameter pause: between two states on a terminal.
    init(_ output: Output, pause: Nanoseconds, isQuiet: Bool = false) {
        self.output = output
        self.pause = output.isTerminal ? pause : .seconds(1)
        self.isQuiet = isQuiet
    }

    /// Shows the state, unless the last one is too fresh.
    ///
    /// - Parameters:
    ///   - counts: what grows.
    ///   - start: when it was all zero; nil when the first line is to show no rate.
    ///   - text: the line, from what each of `counts` grew by a second.
    mutating func show(_ counts: [Int64], since start: Nanoseconds?, now: Nanoseconds, _ text: ([Int64]) -> String) {
        guard !isQuiet, now >= nextAt else { return }
        nextAt = now + pause
        let before = last ?? start.map { ($0, counts.map { _ in 0 }) } ?? (now, counts)
        let span = max(1, (now - before.at).wholeMilliseconds)
        last = (now, counts)
        show(text(zip(counts, before.counts).map { ($0 - $1) * 1_000 / span }))
    }

    func show(_ text: String) {
        if !isQuiet { output.write(output.isTerminal ? "\r\(text)\u{1B}[K" : text + "\n") }
    }

    /// Keeps the last line.
    func end() {
        if !isQuiet, output.isTerminal { output.write("\n") }
    }
}
