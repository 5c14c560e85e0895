import Base

/// The scores of many drains, worst first.
public struct DrainReport: Sendable {
    public struct Line: Sendable {
        public var seed: UInt64
        public var score: DrainScore
        let slots: Int  // at most
        let drain: String  // in one line
        let hasCap: Bool

        public init(_ drain: DrainCase, _ score: DrainScore) {
            (seed, self.score) = (drain.seed, score)
            (slots, self.drain) = (drain.service.model.course.mostSlots, drain.line)
            hasCap = drain.cap != nil
        }
    }

    private let lines: [Line]

    /// - Parameter lines: at least one, in any order.
    public init(_ lines: [Line]) {
        precondition(!lines.isEmpty)
        self.lines = lines.sorted { ($0.score.share, $0.seed) < ($1.score.share, $1.seed) }
    }

    /// The share that so many of a thousand runs are at or below.
    public func share(perMille: Int) -> Double {
        lines[min(lines.count - 1, lines.count * perMille / 1_000)].score.share
    }

    public var lowest: Double { lines[0].score.share }
    /// The queue in the service that half of the runs are at or below.
    public var medianQueue: Double { lines.map(\.score.queue).sorted()[lines.count / 2] }
    /// The largest share.
    public var highest: Double { lines[lines.count - 1].score.share }
    /// Runs that did better than their ideal by more than chance: it is none.
    public var beaten: [Line] { lines.filter { $0.score.share > ($0.hasCap ? 1.15 : 1.02) } }
    /// Runs in which something happened that must never be.
    public var violations: [Line] { lines.filter { $0.score.violation != nil } }

    /// What is asked of some hundred seeds and not reached, a line each.
    public var misses: [String] {
        let goals: [(name: String, perMille: Int, least: Double)] = [
            ("median", 500, 0.98), ("p10", 100, 0.85), ("p1", 10, 0.60),
        ]
        return goals.filter { share(perMille: $0.perMille) < $0.least }
            .map { "\($0.name) \(share(perMille: $0.perMille).text(3)), and at least \($0.least.text(2)) is the goal" }
    }

    public var text: String {
        let (quick, changes) = lines.reduce((0, 0)) { sum, line in
            let later = line.score.regimes.dropFirst()
            let isQuick = { (regime: DrainScore.Regime) in regime.staysAfter.map { $0 <= .seconds(5) } ?? false }
            return (sum.0 + later.count(where: isQuick), sum.1 + later.count)
        }
        var text = "drain: \(lines.count) seeds; share of the ideal: median \(share(perMille: 500).text(3)), "
        text += "p10 \(share(perMille: 100).text(3)), p1 \(share(perMille: 10).text(3)), "
        text += "highest \(highest.text(3))\n"
        text += "after \(changes) changes: \(quick) times at 90 % to stay within 5 s\n"
        text += settledText
        text += "median by slots:"
        for range in [1...1, 2...4, 5...16, 17...64, 65...256] {
            let some = lines.filter { range.contains($0.slots) }
            guard !some.isEmpty else { continue }
            let slots = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
            text += " \(slots): \(some[some.count / 2].score.share.text(3)) of \(some.count) seeds;"
        }
        text += "\n"
        let collapses = lines.map(\.score.collapses)
        if let most = collapses.max(), most > 0 {
            let mean = Double(collapses.reduce(0, +)) / Double(lines.count)
            text += "broken by the rate: \(mean.text(2)) times a run, \(most) at most\n"
        }
        for line in lines.prefix(10) { text += Self.text(line) + "\n" }
        for line in beaten { text += "seed \(line.seed): beats the ideal, \(line.score.share.text(3))\n" }
        for line in violations { text += "seed \(line.seed): \(line.score.violation ?? "")\n" }
        return text
    }

    /// The same of the time in which all must have been adapted to, and how often it was.
    private var settledText: String {
        let shares = lines.compactMap(\.score.settled.share).sorted()
        guard !shares.isEmpty else { return "no settled time\n" }
        let share = { shares[min(shares.count - 1, shares.count * $0 / 1_000)].text(3) }
        let text = { (name: String, of: (SettledScore) -> SettledScore.Held) in
            let all = lines.map { of($0.score.settled) }
            let sum = { (count: (SettledScore.Held) -> Int) in all.reduce(0) { $0 + count($1) } }
            return "after \(sum(\.held)) of \(sum(\.judged)) \(name) nine tenths, \(sum(\.always)) in every span"
        }
        return "settled time, \(shares.count) seeds: median \(share(500)), p10 \(share(100)), p1 \(share(10)); "
            + text("starts and changes", \.changes) + "; " + text("faults", \.faults) + "\n"
    }

    /// One run in one line.
    public static func text(_ line: Line) -> String {
        let regimes = line.score.regimes.map(text).joined(separator: ", ")
        let settled = line.score.settled.share.map { ", settled \($0.text(3))" } ?? ""
        return "seed \(line.seed): \(line.score.share.text(3))\(settled) [\(regimes)] \(line.drain)"
    }

    /// Share; time until the rate is at 90 %, and until it stays there where that is later.
    public static func text(_ regime: DrainScore.Regime) -> String {
        let share = regime.share.map { $0.text(2) } ?? "-"
        guard let reached = regime.reachedAfter else { return "\(share) never" }
        let text = "\(share) \(reached == .zero ? "at once" : reached.text)"
        return regime.stays ? text : "\(text)/\(regime.staysAfter.map(\.text) ?? "never")"
    }
}
