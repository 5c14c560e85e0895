extension LoadResult {
    /// A short aligned table for people, one line a row.
    public var table: [String] {
        var rows: [(String, String)] = [
            ("verdict", isCut ? "CUT SHORT" : isGood ? "PASS" : "FAIL"), ("load", loadLine),
            ("answered", "\(Text.grouped(answered)), \(Text.decimal(answeredPerS))/s while arrivals came"),
            ("accepted", "\(Text.grouped(accepted)), \(Text.decimal(acceptedPerS))/s while arrivals came"),
            ("ended", endedLine),
        ]
        if !refusals.isEmpty {
            let parts = refusals.sorted { $0.value > $1.value || $0.value == $1.value && $0.key < $1.key }
            rows.append(("refused", parts.map { "\(Text.grouped($0.value)) \($0.key)" }.joined(separator: ", ")))
        }
        let names = [
            ("all", "due to answered"), ("accepted", "due to 202 or 200"), ("refused", "due to refused"),
            ("polls", "due to answered"), ("views", "due to answered"), ("bots", "answer to answer"),
            ("final", "arrival to final answer"), ("served", "given a connection to answered"),
        ]
        for (name, meaning) in names {
            guard let spread = latency[name] else { continue }
            let isCounted = name == "accepted" || name == "refused"
            rows.append((isCounted ? name + " in" : name, Self.line(spread) + "  " + meaning))
        }
        rows.append(("errors", "\(Text.grouped(unanswered)) unanswered, \(Text.grouped(wrong)) wrong"))
        rows.append(("promises", breaches.isEmpty ? "kept: \(promiseEvidence)" : "BROKEN"))
        if conditions.idleConnections > 0 {
            rows.append(("idle", "\(Text.grouped(Int64(idleOpen))) of \(conditions.idleConnections) connections open"))
        }
        rows.append(("generator", generatorLine))
        rows.append(("replay with", "--seed \(conditions.seed)"))
        rows += missed.map { ("missed", $0) }
        return Text.table(rows, breaches)
    }

    private var loadLine: String {
        let offered =
            conditions.offeredPerS > 0 ? ", \(Text.decimal(conditions.offeredPerS))/s" : ""
        return "\(conditions.scenario), \(conditions.pacing): \(Text.grouped(arrivals)) arrivals"
            + " in \(Text.decimal(conditions.seconds)) s\(offered), \(conditions.connections) connections"
    }

    private var endedLine: String {
        var line = "\(Text.grouped(sold)) sold, \(Text.grouped(soldOut)) lost in the queue"
        line += ", \(Text.grouped(turnedAway)) turned away"
        if left > 0 { line += ", \(Text.grouped(left)) left" }
        if endedOtherwise > 0 { line += ", \(Text.grouped(endedOtherwise)) otherwise" }
        if gaveUp > 0 { line += ", \(Text.grouped(gaveUp)) gave up" }
        guard let drainedMs else {
            return line + "; \(Text.grouped(waiting)) not told yet, the longest poll_after_ms is"
                + " \(Text.grouped(longestPollAfterMs))"
        }
        return line + "; all final \(Text.grouped(drainedMs)) ms after the last arrival"
    }

    private var promiseEvidence: String {
        "no oversell, \(Text.grouped(accepted)) places, one a buyer, in order, \(Text.grouped(Int64(reviewed)))"
            + " looked at again"
    }

    private var generatorLine: String {
        "\(Text.decimal(generator.userUsPerAnswer)) us user + \(Text.decimal(generator.systemUsPerAnswer)) us system"
            + " an answer, late p99 \(Text.decimal(generator.lagP99Ms)) ms"
    }

    private static func line(_ spread: Spread) -> String {
        "p50 \(Text.decimal(spread.p50Ms))  p99 \(Text.decimal(spread.p99Ms))  p99.9 \(Text.decimal(spread.p999Ms))"
            + "  max \(Text.decimal(spread.maxMs)) ms"
    }
}
