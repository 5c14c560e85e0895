/// How far a load test is.
final class LoadProgress {
    private var shown = ProgressOutput(.error, pause: .milliseconds(200))
    private let isQuiet: Bool
    private let line: LoadProgressLine
    private var last: (at: Nanoseconds, answers: Int64, arrivals: Int64)?

    init(_ scenario: Scenario, isQuiet: Bool) {
        self.isQuiet = isQuiet
        line = LoadProgressLine(seconds: scenario.arrivals.seconds)
    }

    /// Shows the state, unless the last one is too fresh.
    func show(_ run: LoadRun) {
        let now = Poller.clock
        guard !isQuiet, shown.isDue(now) else { return }
        let meters = run.market.meters
        let span = max(1, (now - (last?.at ?? run.start)).wholeMilliseconds)
        let text = line.text(
            elapsed: now - run.start, run.market.ledger,
            arriving: (meters.arrivals - (last?.arrivals ?? 0)) * 1_000 / span,
            answering: (meters.answered - (last?.answers ?? 0)) * 1_000 / span,
            p99: meters.all.quantile(perMille: 990), errors: meters.errors)
        last = (now, meters.answered, meters.arrivals)
        shown.show(text)
    }

    /// Leaves the last line standing.
    func end() {
        if !isQuiet { shown.end() }
    }
}
