/// The published limiters and the product in the same drains.
public struct LimiterTable: Sendable {
    /// One drain: each limiter in the order of `PublishedLimiter.allCases`, and the product behind them.
    public struct Row: Sendable {
        fileprivate let isCapped: Bool
        fileprivate let lines: [DrainReport.Line]

        public init(_ drain: DrainCase) {
            isCapped = drain.cap != nil
            lines = (LimiterRun.scores(drain) + [DrainRun(drain).run()]).map { DrainReport.Line(drain, $0) }
        }
    }

    private static let product = "Sluice"

    private let reports: [(name: String, report: DrainReport)]
    private let capped: Set<UInt64>  // seeds
    private let count: Int

    /// - Parameter rows: at least one, in any order.
    public init(_ rows: [Row]) {
        let names = PublishedLimiter.allCases.map(\.rawValue) + [Self.product]
        reports = names.enumerated().map { index, name in (name, DrainReport(rows.map { $0.lines[index] })) }
        capped = Set(rows.filter(\.isCapped).map { $0.lines[0].seed })
        count = rows.count
    }

    /// What did better than the ideal by more than chance, or what must never be. Under a declared cap a limiter may do
    /// better (`IdealRun`).
    public var problems: [String] {
        reports.flatMap { name, report in
            report.beaten.filter { name == Self.product || !capped.contains($0.seed) }
                .map { "\(name) beats the ideal, seed \($0.seed): \($0.score.share.text(3))" }
                + report.violations.map { "\(name), seed \($0.seed): \($0.score.violation ?? "")" }
        }
    }

    /// Shares of the ideal, and the calls that wait in the service for each slot.
    public var markdown: String {
        var lines = ["| \(count) seeds | median | p10 | p1 | worst | queue in the service |"]
        lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
        for (name, report) in reports {
            let shares = [
                report.share(perMille: 500), report.share(perMille: 100), report.share(perMille: 10), report.lowest,
            ]
            let cells = [name] + shares.map { $0.text(3) } + [report.medianQueue.text(1)]
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }
}
