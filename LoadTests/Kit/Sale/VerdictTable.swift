extension Verdict {
    /// A short aligned table for people, one line a row.
    public var table: [String] {
        let rows: [(String, String)] = [
            ("verdict", passed ? "PASS" : "FAIL"),
            (
                "sold",
                "\(Text.grouped(sold)) of \(Text.grouped(units)), the item says \(soldByItem.map(Text.grouped) ?? "?")"
            ),
            ("told", answersLine),
            ("waited", Self.line(waited) + "  press to final answer"),
            ("winners", Self.line(winnersWaited) + "  press to sold"),
            (
                "decided",
                winnersDecided.map { Self.line($0) + "  press to the sale's event" } ?? "the events cannot be read"
            ),
            ("answered", Self.line(firstAnswer) + "  press to first answer"),
            ("order kept", orderKept ? "yes\(orderEvidence)" : "NO"),
            ("nobody twice", nobodyTwice ? "yes: \(Text.grouped(accepted)) tickets, one a buyer" : "NO"),
            ("asked again", "\(Text.grouped(reviewed)) of \(Text.grouped(sold + lost + otherwise)) final tickets"),
            ("requests", "\(Text.grouped(answers)) answered, \(Text.grouped(lostAnswers)) lost, in \(elapsedMs) ms"),
            ("replay with", replay),
        ]
        return Text.table(rows, breaches)
    }

    private var answersLine: String {
        var line = "\(Text.grouped(answered)) of \(Text.grouped(Int64(conditions.buyers)))"
        line += ": \(Text.grouped(sold)) won, \(Text.grouped(lost)) lost in the queue"
        line += ", \(Text.grouped(turnedAway)) turned away"
        if otherwise > 0 { line += ", \(Text.grouped(otherwise)) ended otherwise" }
        if stillPutOff > 0 { line += "; \(Text.grouped(stillPutOff)) still told to come back" }
        return line
    }

    private var orderEvidence: String {
        guard let highestWinner else { return "" }
        let loser = lowestLoser.map { ", first loser \(Text.grouped($0))" } ?? ""
        return ": last winner has sequence \(Text.grouped(highestWinner))\(loser)"
    }

    private var replay: String {
        "--seed \(conditions.seed) --buyers \(conditions.buyers) --connections \(conditions.connections)"
            + " --repeat \(conditions.repeatPercent) --window-ms \(conditions.windowMs)"
            + (conditions.isPushed ? " --push" : "")
    }

    private static func line(_ spread: Spread) -> String {
        "p50 \(Text.milliseconds(spread.p50Us))  p99 \(Text.milliseconds(spread.p99Us))"
            + "  max \(Text.milliseconds(spread.maxUs))"
    }
}
