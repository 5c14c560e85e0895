import Foundation
import LoadKit

/// Shows how far the run is: one line in place on a terminal, else a line a second.
final class Progress {
    private let output: Output
    private let line: ProgressLine
    private let every: Nanoseconds
    private var nextAt = Nanoseconds.zero
    private var lastAt: Nanoseconds?
    private var lastAnswers: Int64 = 0

    init(buyers: Int, to output: Output) {
        self.output = output
        line = ProgressLine(buyers: buyers)
        every = output.isTerminal ? .milliseconds(100) : .seconds(1)
    }

    /// Shows the state, unless the last one is too fresh.
    func show(pressed: Int64, _ referee: Referee, answers: Int64, now: Nanoseconds) {
        guard now >= nextAt else { return }
        nextAt = now + every
        let span = max(1, (now - (lastAt ?? now)).wholeMilliseconds)
        let rate = lastAt == nil ? 0 : (answers - lastAnswers) * 1_000 / span
        (lastAt, lastAnswers) = (now, answers)
        write(pressed: pressed, referee, rate: rate)
    }

    /// Shows the last state and leaves its line standing.
    func end(pressed: Int64, _ referee: Referee, answers: Int64) {
        write(pressed: pressed, referee, rate: 0)
        if output.isTerminal { output.write("\n") }
    }

    private func write(pressed: Int64, _ referee: Referee, rate: Int64) {
        let text = line.text(pressed: pressed, referee.counts, rate: rate, breaches: referee.breachCount)
        output.write(output.isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
    }
}
