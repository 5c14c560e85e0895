public import Base

// DESIGN
// Requests never touch a page: each loop counts in plain fields of a struct it owns, and a scrape gets a copy from each
// loop, merges the copies and writes this page once. So counting costs an addition, and the text format (a family's
// lines stand together, HELP and TYPE once, no series twice) is kept in one place.

/// One scrape in the Prometheus text format, version 0.0.4.
public struct MetricsPage {
    public typealias Labels = KeyValuePairs<StaticString, String>

    /// How a page is written: in the text format that every scraper reads, or in OpenMetrics where it accepts that.
    public enum Format: Sendable {
        case text, openMetrics

        public var contentType: StaticString {
            switch self {
            case .text: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// By the value of `Accept`: OpenMetrics where it is named and not ruled out, since a scraper that names it
        /// prefers it.
        public init(accept: String?) {
            let ranges = (accept ?? "").split(separator: ",")
            let isWanted = ranges.contains { range in
                let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
                return parts.first == "application/openmetrics-text" && !parts.contains { $0 == "q=0" || $0 == "q=0.0" }
                    && parts.allSatisfy { !$0.hasPrefix("version=") || $0 == "version=1.0.0" || $0 == "version=0.0.1" }
            }
            self = isWanted ? .openMetrics : .text
        }
    }

    /// Lines on one page, each a series to Prometheus; those above are left out and counted in
    /// `sluice_metrics_series_dropped`.
    public static let lineLimit = 1000
    static let labelValueLimit = 128  // bytes, escapes included

    private enum Kind: String { case counter, gauge, histogram, summary }

    private struct Family {
        let name: String
        let help: StaticString
        let kind: Kind
        var lines = ""
    }

    private var families: [Family] = []
    private var indices: [String: Int] = [:]
    private var series: Set<String> = []
    private var lineCount = 0
    private var dropped: Int64 = 0

    public init() {}

    /// A count since the start of the process; `name` ends in `_total`.
    public mutating func counter(_ name: StaticString, help: StaticString, labels: Labels = [:], _ value: Int64) {
        precondition("\(name)".hasSuffix("_total"), "a counter's name ends in _total")
        simple(.counter, name, help, labels, .integer(value))
    }

    public mutating func counter(_ name: StaticString, help: StaticString, labels: Labels = [:], _ value: MetricValue) {
        precondition("\(name)".hasSuffix("_total"), "a counter's name ends in _total")
        simple(.counter, name, help, labels, value)
    }

    public mutating func gauge(_ name: StaticString, help: StaticString, labels: Labels = [:], _ value: Int64) {
        simple(.gauge, name, help, labels, .integer(value))
    }

    public mutating func gauge(_ name: StaticString, help: StaticString, labels: Labels = [:], _ value: MetricValue) {
        simple(.gauge, name, help, labels, value)
    }

    /// The distribution in `histogram`, whose values count `unit`s, as cumulative buckets up to each of `bounds`
    /// (ascending, in the histogram's own unit). A value counts at the first bound that is surely not below it.
    public mutating func histogram(
        _ name: StaticString, help: StaticString, labels: Labels = [:], _ histogram: Histogram, bounds: [Int64],
        unit: MetricValue.Unit
    ) {
        guard let index = family(.histogram, name, help, labels, lines: bounds.count + 3) else { return }
        for bound in bounds {
            let limit = MetricValue.scaled(bound, unit).text
            append(to: index, "_bucket", labels, ("le", limit), .integer(Int64(clamping: histogram.count(upTo: bound))))
        }
        let count = Int64(clamping: histogram.count)
        append(to: index, "_bucket", labels, ("le", "+Inf"), .integer(count))
        append(to: index, "_sum", labels, nil, .scaled(histogram.sum, unit))
        append(to: index, "_count", labels, nil, .integer(count))
    }

    /// A distribution that was counted elsewhere: how many values lie in each bucket up to `bounds`, and, last, above.
    public mutating func histogram(
        _ name: StaticString, help: StaticString, labels: Labels = [:], counts: [UInt64], bounds: [Int64],
        unit: MetricValue.Unit, sum: MetricValue
    ) {
        precondition(counts.count == bounds.count + 1, "one more bucket than bounds")
        guard let index = family(.histogram, name, help, labels, lines: bounds.count + 3) else { return }
        var total: UInt64 = 0
        for (count, bound) in zip(counts, bounds) {
            total += count
            let limit = MetricValue.scaled(bound, unit).text
            append(to: index, "_bucket", labels, ("le", limit), .integer(Int64(clamping: total)))
        }
        total += counts[bounds.count]
        append(to: index, "_bucket", labels, ("le", "+Inf"), .integer(Int64(clamping: total)))
        append(to: index, "_sum", labels, nil, sum)
        append(to: index, "_count", labels, nil, .integer(Int64(clamping: total)))
    }

    /// The quantiles of `histogram` at `perMille`, each within 1/16 of the truth.
    public mutating func summary(
        _ name: StaticString, help: StaticString, labels: Labels = [:], _ histogram: Histogram,
        perMille: [UInt64] = [500, 900, 990, 999], unit: MetricValue.Unit
    ) {
        guard let index = family(.summary, name, help, labels, lines: perMille.count + 2) else { return }
        for quantile in perMille {
            let label = MetricValue.scaled(Int64(quantile), .milliseconds).text
            let value = histogram.quantile(perMille: quantile)
            append(
                to: index, "", labels, ("quantile", label), histogram.count == 0 ? .notANumber : .scaled(value, unit))
        }
        append(to: index, "_sum", labels, nil, .scaled(histogram.sum, unit))
        append(to: index, "_count", labels, nil, .integer(Int64(clamping: histogram.count)))
    }

    /// Appends the page: families in order of first use.
    public func append(to buffer: inout ByteBuffer, format: Format = .text) {
        for family in families + [droppedSeries] {
            // OpenMetrics calls a family of counters by what stands before `_total`.
            let isCounter = format == .openMetrics && family.kind == .counter
            let name = isCounter ? String(family.name.dropLast("_total".count)) : family.name
            buffer.append("# HELP ")
            buffer.append(utf8: name)
            buffer.append(" ")
            buffer.append(utf8: MetricText.escaped("\(family.help)", quotes: format == .openMetrics))
            buffer.append("\n# TYPE ")
            buffer.append(utf8: name)
            buffer.append(" ")
            buffer.append(utf8: family.kind.rawValue)
            buffer.append("\n")
            // And it writes every bound with a point.
            let isBounded = format == .openMetrics && family.kind == .histogram
            buffer.append(
                utf8: isBounded
                    ? family.lines.replacing(#/le="([0-9]+)"/#) { "le=\"\($0.output.1).0\"" } : family.lines)
        }
        if format == .openMetrics { buffer.append("# EOF\n") }
    }

    private var droppedSeries: Family {
        var family = Family(
            name: "sluice_metrics_series_dropped", help: "Series left out of this page: repeated, or too many.",
            kind: .gauge)
        family.lines = "\(family.name) \(dropped)\n"
        return family
    }

    // MARK: Lines

    private mutating func simple(
        _ kind: Kind, _ name: StaticString, _ help: StaticString, _ labels: Labels, _ value: MetricValue
    ) {
        guard let index = family(kind, name, help, labels, lines: 1) else { return }
        append(to: index, "", labels, nil, value)
    }

    /// The family's place, or nil when this series may not be added.
    private mutating func family(
        _ kind: Kind, _ name: StaticString, _ help: StaticString, _ labels: Labels, lines: Int
    ) -> Int? {
        let text = "\(name)"
        precondition(MetricText.isName(text), "not the name of a metric")
        guard lineCount + lines <= Self.lineLimit, series.insert(MetricText.series(text, labels)).inserted else {
            dropped += Int64(lines)
            return nil
        }
        lineCount += lines
        if let index = indices[text] {
            precondition(families[index].kind == kind, "a metric has one type")
            return index
        }
        families.append(Family(name: text, help: help, kind: kind))
        indices[text] = families.count - 1
        return families.count - 1
    }

    private mutating func append(
        to index: Int, _ suffix: StaticString, _ labels: Labels, _ extra: (name: String, value: String)?,
        _ value: MetricValue
    ) {
        var line = families[index].name + "\(suffix)"
        var pairs = labels.map { "\($0.key)=\"\(MetricText.escaped($0.value, quotes: true))\"" }
        if let extra { pairs.append("\(extra.name)=\"\(extra.value)\"") }
        if !pairs.isEmpty { line += "{" + pairs.joined(separator: ",") + "}" }
        families[index].lines += "\(line) \(value.text)\n"
    }
}
