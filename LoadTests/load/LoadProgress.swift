import LoadKit

/// Shows how far a load test is: one line in place on a terminal, else a line a second.
final class LoadProgress {
    private let output = Output.error
    private let isQuiet: Bool
    private let line: LoadProgressLine
    private let every: Nanoseconds
    private var nextAt = Nanoseconds.zero
    private var last: (at: Nanoseconds, answers: Int64, arrivals: Int64)?

    init(_ scenario: Scenario, isQuiet: Bool) {
        self.isQuiet = isQuiet
        line = LoadProgressLine(seconds: scenario.arrivals.seconds)
        every = output.isTerminal ? .milliseconds(200) : .seconds(1)
    }

    /// Shows the state, unless the last one is too fresh.
    func show(_ run: LoadRun) {
        let now = Poller.clock
        guard !isQuiet, now >= nextAt else { return }
        nextAt = now + every
        let meters = run.market.meters
        let span = max(1, (now - (last?.at ?? run.start)).wholeMilliseconds)
        let text = line.text(
            elapsed: now - run.start, run.market.ledger,
            arriving: (meters.arrivals - (last?.arrivals ?? 0)) * 1_000 / span,
            answering: (meters.answered - (last?.answers ?? 0)) * 1_000 / span,
            p99: meters.all.quantile(perMille: 990), errors: meters.errors)
        last = (now, meters.answered, meters.arrivals)
        output.write(output.isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
    }

    /// Leaves the last line standing.
    func end(_ run: LoadRun) {
        if !isQuiet, output.isTerminal { output.write("\n") }
    }
}
