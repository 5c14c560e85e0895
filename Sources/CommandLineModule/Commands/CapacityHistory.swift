extension Resource {
    /// Since when it serves as it does, how fast, and how steadily; nil where the scheduler does not describe it.
    public var regime: String? {
        guard let regime = fields["regime"], let age = regime["age_ms"]?.double else { return nil }
        let call = regime["call_us"]?.double.map { "\(span(seconds: $0 / 1e6)) a call" }
        let window = fields["window"]?.double.map { "up to \(signedFigure($0)) in flight" }
        let rate = (regime["rate_per_second"]?.double ?? fields["rate_per_second"]?.double).map {
            "\(signedFigure($0))/s"
        }
        let present = [call, window, rate].compactMap(\.self).joined(separator: ", ")
        let changes = regime["changes"]?.integer.map { $0 == 1 ? "1 regime change" : "\($0) regime changes" }
        let below = regime["below_ms"]?.double.map {
            $0 > 0 ? "below 90 % for \(wholeSpan(milliseconds: $0))" : "never below 90 %"
        }
        let figures = [present.isEmpty ? nil : present, changes, below].compactMap(\.self)
        return "since \(wholeSpan(milliseconds: age)): \(figures.joined(separator: "; "))"
    }

    /// What its controller changed lately and why, a line each, newest first.
    public var changes: [String] {
        (fields["last_changes"]?.array ?? []).compactMap { change in
            guard let age = change["age_ms"]?.double, let reason = change["reason"]?.string else { return nil }
            let window = change["window"]?.double.map { "\(signedFigure($0)) in flight" }
            let rate = change["rate_per_second"]?.double.map { "\(signedFigure($0))/s" }
            let figures = [window, rate].compactMap(\.self).joined(separator: ", ")
            let when = "\(wholeSpan(milliseconds: age)) ago"
            return "\(when.padded(to: 12))  \(reason)\(figures.isEmpty ? "" : ": \(figures)")"
        }
    }
}

/// The regime of each worker and group, and what was decided of it lately: groups first, since all workers wait for
/// them.
enum CapacityHistory {
    private static let mostWorkers = 10

    static func lines(_ resources: [Resource]) -> [String] {
        let described = resources.filter { $0.regime != nil }
        let workers = described.filter { !$0.isGroup }
        let shown = described.filter(\.isGroup) + workers.prefix(mostWorkers)
        var lines = shown.flatMap { resource in
            ["", "\(resource.text("kind")) \(resource.name), \(resource.regime ?? "")"]
                + resource.changes.map { "  \($0)" }
        }
        if workers.count > mostWorkers {
            lines += ["", "\(workers.count - mostWorkers) more workers: sluice capacity --json has all"]
        }
        return lines.map(printable)
    }
}

private func span(seconds: Double) -> String {
    let measure = Measure.seconds(max(0, seconds))
    return "\(measure.figure) \(measure.unit)"
}

/// In whole seconds from one on: a reading is up to two seconds old.
private func wholeSpan(milliseconds: Double) -> String {
    span(seconds: milliseconds < 1_000 ? milliseconds / 1e3 : (milliseconds / 1e3).rounded())
}
