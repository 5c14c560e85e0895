extension Plan {
    private struct Row {
        let name: String
        let measure: Measure
        let note: String

        init(_ name: String, _ measure: Measure, _ note: String = "") {
            self.name = name
            self.measure = measure
            self.note = note
        }

        init(_ name: String, _ value: Double, _ unit: String, _ note: String = "") {
            self.init(name, Measure(value, unit), note)
        }
    }

    /// For people: four parts, one figure a line, units and meaning beside it.
    public var lines: [String] {
        let parts = [
            ("CAPACITY", capacityRows, []), ("IN THE LONG RUN", longRunRows, longRunWords),
            ("THE SALE", saleRows, saleWords), ("WHAT IT TAKES", needRows, []),
        ]
        let rows = parts.flatMap(\.1)
        let widths = (
            rows.map(\.name.count).max() ?? 0, rows.map(\.measure.figure.count).max() ?? 0,
            rows.map(\.measure.unit.count).max() ?? 0
        )
        var lines: [String] = []
        for (title, rows, words) in parts {
            lines += (lines.isEmpty ? [] : [""]) + [title]
            for row in rows {
                let gap = String(repeating: " ", count: widths.1 - row.measure.figure.count)
                var line = "  \(row.name.padded(to: widths.0))  \(gap)\(row.measure.figure)"
                line += " \(row.measure.unit.padded(to: widths.2))  \(row.note)"
                while line.last == " " { line.removeLast() }
                lines.append(line)
            }
            lines += words.map { "  \($0)" }
        }
        return lines
    }

    private var capacityRows: [Row] {
        [
            Row("slots", Double(conditions.slots), "orders", "at once: workers (\(workers)) × slots of each"),
            Row("capacity", conditions.capacityPerSecond, "/s", "slots ÷ service time"),
            Row("utilisation", line.utilisation * 100, "%", "steady arrivals ÷ capacity"),
        ]
    }

    private var longRunRows: [Row] {
        guard conditions.arrivalsPerSecond > 0 else { return [] }
        guard let wait = line.meanWait, let queue = line.meanQueue, let inSystem = line.meanInSystem else {
            return [Row("growth of the queue", line.growthPerSecond, "/s", "arrivals − capacity")]
        }
        let quantiles = [0.5, 0.9, 0.99].map { quantile in
            Row("wait p\(Int(quantile * 100))", .seconds(line.wait(quantile: quantile) ?? 0))
        }
        return [
            Row("who must wait", line.probabilityOfWaiting * 100, "%", "Erlang C"),
            Row("mean wait", .seconds(wait), "of all, also of those who need not"),
        ] + quantiles + [
            Row("mean queue", queue, "purchases", "waiting"),
            Row("in the system", inSystem, "purchases", "waiting or in a slot"),
        ]
    }

    private var longRunWords: [String] {
        guard conditions.arrivalsPerSecond > 0 else { return ["nobody comes but at the opening"] }
        guard let inSystem = line.meanInSystem, let wait = line.meanWait else {
            return [
                "NOT STABLE: \(figure(conditions.arrivalsPerSecond))/s come, "
                    + "\(figure(conditions.capacityPerSecond))/s can be served, until the queue is full or all is sold"
            ]
        }
        let stay = Measure.seconds(wait + conditions.serviceSeconds)
        return [
            "Little's law: \(figure(conditions.arrivalsPerSecond))/s × \(stay.figure) \(stay.unit) "
                + "= \(figure(inSystem)) in the system"
        ]
    }

    private var saleRows: [Row] {
        var rows = [
            Row("queue limit", conditions.queueLimit, "purchases"),
            Row("arrivals at the opening", conditions.openingPerSecond, "/s"),
            Row(
                "most waiting", peakWaiting, "purchases",
                course.peakSeconds > 0 ? "after \(at(course.peakSeconds))" : ""),
            Row(
                "refused, queue full", course.refusedFull, "requests",
                course.fullSeconds.map { "from \(at($0)) on" } ?? ""
            ),
        ]
        if let end = course.soldOutSeconds, let wait = lastWinnerWait {
            rows.append(Row("last unit sold", .seconds(end), "after the opening; every loser is told then"))
            rows.append(Row("last winner waits", .seconds(wait), "and then for the order"))
            rows.append(Row("losers in the queue", course.losers, "purchases"))
            if let longest = course.longestLoserWait { rows.append(Row("first loser waits", .seconds(longest))) }
            if course.refusedSoldOut > 0 {
                rows.append(Row("refused, sold out", course.refusedSoldOut, "requests", "the rest of the opening"))
            }
        }
        return rows
    }

    private var saleWords: [String] {
        guard course.soldOutSeconds == nil else { return [] }
        return ["STOCK STAYS: \(figure(course.admitted)) of \(figure(conditions.stock)) units are asked for"]
    }

    private func at(_ seconds: Double) -> String {
        let measure = Measure.seconds(seconds)
        return "\(measure.figure) \(measure.unit)"
    }

    private var needRows: [Row] {
        [
            Row("polls at the peak", pollsPerSecond, "/s", "as poll_after_ms tells"),
            Row("polls while paused", stalledPollsPerSecond, "/s", "with as many waiting"),
            Row("requests at the peak", requestsPerSecond, "/s", "arrivals of the opening and polls"),
            Row("queue", queueCores, "cores", "sluice-queue, at 100 %"),
            Row("Redis", redisCores, "cores", "it has one"),
            Row("worker", workerCores, "cores", "sluice-worker, without what the sink costs"),
            Row("memory of Redis", .bytes(redisBytes), "for \(figure(course.admitted)) admitted purchases"),
            Row("connections", connections, "", "one for each who waits"),
            Row("memory for them", .bytes(connectionBytes), "sluice-queue, without the kernel's"),
        ]
    }
}
