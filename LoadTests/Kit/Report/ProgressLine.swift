/// One line that shows how far a run is.
public enum ProgressLine {
    /// - Parameter rate: answers per second since the last line.
    public static func rush(
        of buyers: Int, pressed: Int64, _ counts: Referee.Counts, rate: Int64, breaches: Int64
    ) -> String {
        bar(24, counts.finalAnswers, of: Int64(buyers))
            + " pressed \(Text.grouped(pressed))  accepted \(Text.grouped(counts.accepted))"
            + "  waiting \(Text.grouped(counts.waiting))  sold \(Text.grouped(counts.sold))"
            + "  told \(Text.grouped(counts.finalAnswers))  \(Text.grouped(rate))/s" + trouble("BREACHES", breaches)
    }

    /// - Parameters:
    ///   - elapsed: since the start, of `seconds` in which arrivals come.
    ///   - arriving: arrivals per second since the last line. - answering: answers.
    public static func load(
        of seconds: Double, elapsed: Nanoseconds, _ ledger: SaleLedger, arriving: Int64, answering: Int64,
        p99: Nanoseconds, errors: Int64
    ) -> String {
        bar(20, elapsed.wholeMilliseconds, of: max(1, Int64(seconds * 1_000)))
            + " \(Text.grouped(arriving))/s in  \(Text.grouped(answering))/s answered"
            + "  accepted \(Text.grouped(ledger.accepted))  waiting \(Text.grouped(ledger.waiting))"
            + "  sold \(Text.grouped(ledger.sold))  p99 \(Text.milliseconds(p99.wholeMicroseconds))"
            + trouble("errors", errors) + trouble("BREACHES", ledger.breachCount)
    }

    private static func trouble(_ name: String, _ count: Int64) -> String {
        count > 0 ? "  \(name) \(Text.grouped(count))" : ""
    }

    private static func bar(_ width: Int64, _ done: Int64, of all: Int64) -> String {
        let filled = all == 0 ? width : min(width, max(0, done * width / all))
        return "[" + String(repeating: "#", count: Int(filled))
            + String(repeating: ".", count: Int(width - filled)) + "]"
    }
}
