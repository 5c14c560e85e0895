/// How far a rush is.
struct RushProgress {
    private var shown: ProgressOutput
    private let line: ProgressLine
    private var lastAt: Nanoseconds?
    private var lastAnswers: Int64 = 0

    init(buyers: Int, to output: Output) {
        shown = ProgressOutput(output, pause: .milliseconds(100))
        line = ProgressLine(buyers: buyers)
    }

    /// Shows the state, unless the last one is too fresh.
    mutating func show(pressed: Int64, _ referee: Referee, answers: Int64, now: Nanoseconds) {
        guard shown.isDue(now) else { return }
        let span = max(1, (now - (lastAt ?? now)).wholeMilliseconds)
        let rate = lastAt == nil ? 0 : (answers - lastAnswers) * 1_000 / span
        (lastAt, lastAnswers) = (now, answers)
        show(pressed, referee, rate: rate)
    }

    /// Shows the last state and leaves its line standing.
    func end(pressed: Int64, _ referee: Referee) {
        show(pressed, referee, rate: 0)
        shown.end()
    }

    private func show(_ pressed: Int64, _ referee: Referee, rate: Int64) {
        shown.show(line.text(pressed: pressed, referee.counts, rate: rate, breaches: referee.breachCount))
    }
}
