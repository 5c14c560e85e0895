import Base
import Testing

@testable import Operations

private func text(_ page: MetricsPage) -> String {
    var buffer = ByteBuffer()
    page.append(to: &buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// Holds a page against the text format, version 0.0.4; the first fault found, nil when there is none.
private func fault(_ page: String) -> String? {
    guard page.hasSuffix("\n") else { return "no line feed at the end" }
    let sample = #/([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? ([^ ]+)/#
    var current = ""
    var kind = ""
    var done: Set<String> = []
    var series: Set<String> = []
    for line in page.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
        if let help = line.wholeMatch(of: #/# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)/#) {
            guard done.insert(String(help.1)).inserted else { return "family twice: \(line)" }
            current = String(help.1)
            kind = ""
        } else if let type = line.wholeMatch(
            of: #/# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)/#)
        {
            guard type.1 == current, kind.isEmpty else { return "TYPE out of place: \(line)" }
            kind = String(type.2)
        } else if let match = line.wholeMatch(of: sample) {
            let suffixes =
                kind == "histogram"
                ? ["_bucket", "_sum", "_count"] : kind == "summary" ? ["", "_sum", "_count"] : [""]
            guard suffixes.contains(where: { match.1 == current + $0 }) else { return "outside its family: \(line)" }
            guard series.insert("\(match.1)\(match.2 ?? "")").inserted else { return "series twice: \(line)" }
            guard Double(match.3) != nil || ["NaN", "+Inf", "-Inf"].contains(match.3) else {
                return "no number: \(line)"
            }
        } else {
            return "not a line of the format: \(line)"
        }
    }
    return nil
}

@Test func `families stand together, in order of first use, each with its help and type`() {
    var page = MetricsPage()
    page.counter("sluice_purchases_total", help: "Purchases answered.", labels: ["outcome": "accepted"], 5)
    page.gauge("sluice_queue_depth", help: "Purchases waiting.", 7)
    page.counter("sluice_purchases_total", help: "Purchases answered.", labels: ["outcome": "refused"], 6)
    #expect(
        text(page) == """
            # HELP sluice_purchases_total Purchases answered.
            # TYPE sluice_purchases_total counter
            sluice_purchases_total{outcome="accepted"} 5
            sluice_purchases_total{outcome="refused"} 6
            # HELP sluice_queue_depth Purchases waiting.
            # TYPE sluice_queue_depth gauge
            sluice_queue_depth 7
            # HELP sluice_metrics_series_dropped Series left out of this page: repeated, or too many.
            # TYPE sluice_metrics_series_dropped gauge
            sluice_metrics_series_dropped 0

            """)
}

@Test func `a page of every kind and of hostile labels keeps to the format`() {
    var page = MetricsPage()
    #expect(fault(text(page)) == nil)
    var waits = Histogram()
    for value in 1...1000 { waits.record(Int64(value) * 1_000_000) }
    page.histogram(
        "sluice_wait_seconds", help: "Time\nin \\queue\\ \"quoted\".", labels: ["item": "a\"b\\c\nd\r\u{1B}é😀"], waits,
        bounds: [1_000_000, 100_000_000, 10_000_000_000], unit: .nanoseconds)
    page.summary("sluice_call_seconds", help: "Calls.", waits, unit: .nanoseconds)
    page.summary("sluice_call_seconds", help: "Calls.", labels: ["call": "none"], Histogram(), unit: .microseconds)
    page.gauge("sluice_rate", help: "Rate.", .real(0.00001))
    page.gauge("sluice_odd", help: "Odd.", labels: ["is": "inf"], .real(-.infinity))
    page.gauge("sluice_odd", help: "Odd.", labels: ["is": "nan"], .real(.nan))
    page.gauge("sluice_odd", help: "Odd.", labels: ["is": ""], .scaled(-1_500, .milliseconds))
    let shown = text(page)
    #expect(fault(shown) == nil)
    #expect(shown.contains("sluice_odd{is=\"\"} -1.5\n"))
    #expect(shown.contains("sluice_wait_seconds_bucket{item=\"a\\\"b\\\\c\\nd??é😀\",le=\"0.1\"}"))
}

@Test func `the checker of the format finds what is wrong`() {
    let head = "# HELP a b\n# TYPE a counter\n"
    #expect(fault(head + "a 1\n") == nil)
    for wrong in [
        "a 1", "a\n", "a x\n", "b 1\n", "a 1\na 1\n", "a{x=1} 1\n", "a{x=\"\"\"} 1\n", "a{x=\"\\q\"} 1\n", "\n",
        "# TYPE a gauge\n",
    ] {
        #expect(fault(head + wrong) != nil, "\(wrong)")
    }
    #expect(fault(head + "a 1\n" + head + "a{x=\"y\"} 1\n") != nil)
}

@Test func `buckets are cumulative and end with all`() {
    var waits = Histogram()
    for value in [1, 5, 15, 16, 100, 5000] as [Int64] { waits.record(value) }
    var page = MetricsPage()
    page.histogram("sluice_wait_seconds", help: "h", waits, bounds: [0, 5, 16, 1000, 10_000], unit: .milliseconds)
    let lines = text(page).split(separator: "\n").map(String.init)
    #expect(
        Array(lines[2...9]) == [
            "sluice_wait_seconds_bucket{le=\"0\"} 0", "sluice_wait_seconds_bucket{le=\"0.005\"} 2",
            "sluice_wait_seconds_bucket{le=\"0.016\"} 4", "sluice_wait_seconds_bucket{le=\"1\"} 5",
            "sluice_wait_seconds_bucket{le=\"10\"} 6", "sluice_wait_seconds_bucket{le=\"+Inf\"} 6",
            "sluice_wait_seconds_sum 5.137", "sluice_wait_seconds_count 6",
        ])
}

@Test func `a bucket never holds a value above its bound`() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<200 {
        var histogram = Histogram()
        let values = (0..<50).map { _ in random.below(1 << (1 + random.below(40))) }
        for value in values { histogram.record(value) }
        let bound = random.below(1 << 40)
        let counted = histogram.count(upTo: bound)
        #expect(counted <= values.count(where: { $0 <= bound }))
        #expect(counted >= values.count(where: { $0 <= bound - bound / 16 - 1 }))
    }
}

@Test func `a series twice, and lines above the limit, are left out and counted`() {
    var page = MetricsPage()
    for _ in 0..<3 { page.gauge("sluice_a", help: "h", labels: ["x": "1", "y": "2"], 1) }
    page.gauge("sluice_a", help: "h", labels: ["y": "2", "x": "1"], 1)
    #expect(text(page).hasSuffix("sluice_metrics_series_dropped 3\n"))
    for index in 0..<2000 { page.gauge("sluice_b", help: "h", labels: ["i": "\(index)"], 1) }
    let shown = text(page)
    #expect(shown.split(separator: "\n").count(where: { !$0.hasPrefix("#") }) == MetricsPage.lineLimit + 1)
    #expect(shown.hasSuffix("sluice_metrics_series_dropped 1004\n"))
    #expect(fault(shown) == nil)
}

@Test func `a label's value has a bound`() {
    var page = MetricsPage()
    page.gauge("sluice_a", help: "h", labels: ["x": String(repeating: "\"", count: 10_000)], 1)
    #expect(text(page).utf8.count < 400)
    #expect(fault(text(page)) == nil)
}

@Test(arguments: [
    (0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (-1, "-0.000000001"), (1_000_000_000, "1"),
    (Int64.max, "9223372036.854775807"), (Int64.min, "-9223372036.854775808"), (10, "0.00000001"),
])
func `nanoseconds are written as exact seconds`(value: Int64, written: String) {
    #expect(MetricValue.scaled(value, .nanoseconds).text == written)
}

@Test func `OpenMetrics has counters by their family, bounds with a point, and an end`() {
    var page = MetricsPage()
    page.counter("sluice_polls_total", help: "Polls \"of\" tickets.", 5)
    page.histogram(
        "sluice_wait_seconds", help: "h", counts: [1, 2, 3], bounds: [500, 1_000], unit: .milliseconds,
        sum: .scaled(7, .milliseconds))
    var buffer = ByteBuffer()
    page.append(to: &buffer, format: .openMetrics)
    #expect(
        String(decoding: buffer.bytes, as: UTF8.self) == #"""
            # HELP sluice_polls Polls \"of\" tickets.
            # TYPE sluice_polls counter
            sluice_polls_total 5
            # HELP sluice_wait_seconds h
            # TYPE sluice_wait_seconds histogram
            sluice_wait_seconds_bucket{le="0.5"} 1
            sluice_wait_seconds_bucket{le="1.0"} 3
            sluice_wait_seconds_bucket{le="+Inf"} 6
            sluice_wait_seconds_sum 0.007
            sluice_wait_seconds_count 6
            # HELP sluice_metrics_series_dropped Series left out of this page: repeated, or too many.
            # TYPE sluice_metrics_series_dropped gauge
            sluice_metrics_series_dropped 0
            # EOF

            """#)
}

@Test(arguments: [
    (nil, false), ("", false), ("*/*", false), ("text/plain", false), ("application/openmetrics-text", true),
    ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1", true),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8;q=0.5,text/plain;q=0.3", true),
    ("application/openmetrics-text;q=0,text/plain", false), ("application/openmetrics-text;version=9.0.0", false),
])
func `a scraper gets OpenMetrics when it asks for it`(accept: String?, isOpenMetrics: Bool) {
    #expect((MetricsPage.Format(accept: accept) == .openMetrics) == isOpenMetrics)
}

@Test func `a page shows what its process costs and which build it is`() {
    var page = MetricsPage()
    page.addProcess("sluice-test", lags: [.milliseconds(3)])
    let shown = text(page)
    #expect(fault(shown) == nil)
    #expect(shown.contains("sluice_build_info{program=\"sluice-test\",version=\"\(BuildVersion.current)\""))
    #expect(shown.contains("sluice_loop_lag_seconds{loop=\"0\"} 0.003\n"))
    for name in [
        "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
        "process_start_time_seconds",
    ] {
        let line = shown.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        #expect(line.flatMap { Double($0.split(separator: " ")[1]) } ?? 0 > 0, "\(name)")
    }
}
