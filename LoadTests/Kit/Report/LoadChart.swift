import Glibc

/// A result as a picture: what came and what became of it over time, who waited, and how long answers took.
public struct LoadChart: Sendable {
    private static let (width, height) = (960, 940)
    private static let (left, right) = (80.0, 930.0)
    /// One meaning, one colour, in all pictures.
    private static let colors = [
        "arrivals": "#4c78a8", "all": "#4c78a8", "accepted": "#54a24b", "refused": "#e45756", "sold": "#f58518",
        "waiting": "#8e6bb0", "polls": "#8e6bb0", "views": "#9d755d",
    ]
    private let result: LoadResult
    private let seconds: Double

    public init(_ result: LoadResult) {
        self.result = result
        seconds = max(0.1, Double(result.series.count) * Double(result.binMs) / 1_000)
    }

    public var svg: String {
        var canvas = Canvas(width: Self.width, height: Self.height)
        canvas.text(
            "sluice-load: \(result.conditions.scenario), \(result.conditions.pacing)", x: Self.left, y: 32, size: 20,
            color: "#222222", isBold: true)
        canvas.text(subtitle, x: Self.left, y: 54)
        rates(&canvas)
        waiting(&canvas)
        latency(&canvas)
        return canvas.svg
    }

    private var subtitle: String {
        var parts = [
            "\(Text.grouped(result.arrivals)) arrivals", "\(Text.grouped(result.accepted)) accepted",
            "\(Text.grouped(result.sold)) sold", "\(Text.grouped(result.unanswered + result.wrong)) errors",
        ]
        if let all = result.latency["all"] { parts.append("p99 \(Text.decimal(all.p99Ms)) ms") }
        parts.append(result.isGood ? "all kept" : "FAILED")
        return parts.joined(separator: "  ·  ")
    }

    private func rates(_ canvas: inout Canvas) {
        let lines: [(String, KeyPath<LoadResult.Point, Int32>)] = [
            ("arrivals", \.arrivals), ("accepted", \.accepted), ("refused", \.refused), ("sold", \.sold),
        ]
        let perSecond = 1_000 / Double(max(1, result.binMs))
        let largest = lines.flatMap { line in result.series.map { Double($0[keyPath: line.1]) * perSecond } }.max()
        let panel = Panel(
            title: "per second", top: 90, bottom: 350, ticks: Scale.linear(to: largest ?? 0), left: Self.left,
            right: Self.right)
        panel.frame(&canvas, times: Scale.linear(to: seconds), span: seconds)
        var drawn = 0
        for line in lines {
            let points = result.series.map { point in
                (x: panel.x(middle(of: point), of: seconds), y: panel.y(Double(point[keyPath: line.1]) * perSecond))
            }
            guard line.0 != "refused" || result.series.contains(where: { $0.refused > 0 }) else { continue }
            canvas.curve(points, color: Self.color(line.0), base: drawn == 0 ? panel.bottom : nil)
            legend(&canvas, line.0, drawn, top: panel.top)
            drawn += 1
        }
    }

    private func waiting(_ canvas: inout Canvas) {
        let largest = result.series.map { Double($0.waiting) }.max() ?? 0
        let panel = Panel(
            title: "accepted and not final yet", top: 420, bottom: 540, ticks: Scale.linear(to: largest),
            left: Self.left, right: Self.right)
        panel.frame(&canvas, times: Scale.linear(to: seconds), span: seconds)
        let points = result.series.map { (x: panel.x(middle(of: $0), of: seconds), y: panel.y(Double($0.waiting))) }
        canvas.curve(points, color: Self.color("waiting"), base: panel.bottom)
    }

    private func latency(_ canvas: inout Canvas) {
        let steps = Self.quantiles
        let times = result.curves.flatMap { curve in steps.map { Self.milliseconds(curve.histogram, $0) } }
        let panel = Panel(
            title: "milliseconds from due to answered", top: 620, bottom: 880,
            ticks: Scale.logarithmic(from: max(0.01, times.min() ?? 1), to: times.max() ?? 10), left: Self.left,
            right: Self.right, isLogarithmic: true)
        panel.grid(&canvas)
        let last = Double(Self.depth)
        let marks = [("0", 0.0), ("90", 1), ("99", 2), ("99.9", 3), ("99.99", 4), ("99.999", 5)]
        for (label, nines) in marks {
            let x = panel.x(nines, of: last)
            canvas.line(x, panel.top, x, panel.bottom, color: "#e5e5e5")
            canvas.text(label, x: x, y: panel.bottom + 18, .middle)
        }
        canvas.text("percentile", x: (Self.left + Self.right) / 2, y: panel.bottom + 38, .middle)
        for (index, curve) in result.curves.enumerated() {
            let points = steps.map { nines in
                (x: panel.x(nines, of: last), y: panel.y(Self.milliseconds(curve.histogram, nines)))
            }
            canvas.curve(points, color: Self.color(curve.name))
            legend(&canvas, curve.name, index, top: panel.top)
        }
    }

    private func legend(_ canvas: inout Canvas, _ name: String, _ index: Int, top: Double) {
        let x = Self.right - 480 + Double(index) * 100
        canvas.line(x, top - 16, x + 20, top - 16, color: Self.color(name), width: 3)
        canvas.text(name, x: x + 26, y: top - 12)
    }

    private static func color(_ name: String) -> String { colors[name] ?? "#444444" }

    /// In seconds.
    private func middle(of point: LoadResult.Point) -> Double {
        (Double(point.atMs) + Double(result.binMs) / 2) / 1_000
    }

    private static let depth = 5
    /// Percentiles as how many nines they have: 2 is the 99th, 0 the smallest.
    private static let quantiles = (0...depth * 20).map { Double($0) / 20 }

    private static func milliseconds(_ histogram: Histogram, _ nines: Double) -> Double {
        let perMillion = UInt64(((1 - pow(10, -nines)) * 1_000_000).rounded())
        return max(0.01, Double(histogram.quantile(perMillion: perMillion).count) / 1e6)
    }
}

/// One of the pictures under each other, with its vertical axis.
struct Panel {
    let title: String
    let top: Double
    let bottom: Double
    let ticks: [Double]
    let left: Double
    let right: Double
    var isLogarithmic = false

    func x(_ value: Double, of span: Double) -> Double { left + (right - left) * min(1, value / span) }

    func y(_ value: Double) -> Double {
        guard let first = ticks.first, let last = ticks.last else { return bottom }
        let share =
            isLogarithmic ? log10(max(first, value) / first) / log10(last / first) : (value - first) / (last - first)
        return bottom - (bottom - top) * min(1, share)
    }

    /// The title and the lines across, each with its number.
    func grid(_ canvas: inout Canvas) {
        canvas.text(title, x: left, y: top - 12, size: 13, color: "#222222", isBold: true)
        for tick in ticks {
            let isBase = tick == ticks.first
            canvas.line(left, y(tick), right, y(tick), color: isBase ? "#888888" : "#e5e5e5")
            canvas.text(Text.decimal(tick), x: left - 8, y: y(tick) + 4, .end)
        }
    }

    /// The same with seconds along the bottom.
    func frame(_ canvas: inout Canvas, times: [Double], span: Double) {
        grid(&canvas)
        for time in times where time <= span {
            canvas.line(x(time, of: span), bottom, x(time, of: span), bottom + 5, color: "#888888")
            canvas.text("\(Text.decimal(time)) s", x: x(time, of: span), y: bottom + 18, .middle)
        }
    }
}
