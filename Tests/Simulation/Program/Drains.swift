import Base
import Domain
import Glibc
import SimulationKit
import Synchronization

/// Drains of the space, or one of them, beside their ideals.
enum Drains {
    /// The drain of a seed: of the space, or of a case that has a name; nil: there is none of this name.
    static func maker(_ name: String?) -> (@Sendable (UInt64) -> DrainCase)? {
        switch name {
        case nil: { DrainSpace.drain(seed: $0) }
        case "slower": { .tenTimesSlower(seed: $0) }
        case "bank": { .bank(seed: $0) }
        default: nil
        }
    }

    /// Some seeds.
    ///
    /// - Parameter isChecked: whether the shares must reach their goals.
    /// - Returns: whether nothing happened that must never be, no ideal was beaten, and no goal missed.
    static func run(
        _ seeds: ClosedRange<UInt64>, of drains: @Sendable (UInt64) -> DrainCase, isChecked: Bool
    ) -> Bool {
        let lines = Mutex<[DrainReport.Line]>([])
        onAllCores(seedsUpTo: UInt64(seeds.count)) { number in
            let drain = drains(seeds.lowerBound + number - 1)
            let line = DrainReport.Line(drain, DrainRun(drain).run())
            lines.withLock { $0.append(line) }
        }
        let report = DrainReport(lines.withLock { $0 })
        print(report.text, terminator: "")
        let misses = isChecked ? report.misses : []
        for miss in misses { print("drain: \(miss)") }
        return report.violations.isEmpty && report.beaten.isEmpty && misses.isEmpty
    }

    /// The seeds from 1 to `last` through the published limiters and through the product.
    ///
    /// - Returns: as `run`.
    static func compare(upTo last: UInt64) -> Bool {
        let rows = Mutex<[LimiterTable.Row]>([])
        onAllCores(seedsUpTo: last) { seed in
            let row = LimiterTable.Row(DrainSpace.drain(seed: seed))
            rows.withLock { $0.append(row) }
        }
        let table = LimiterTable(rows.withLock { $0 })
        print(table.markdown)
        for problem in table.problems { print(problem) }
        return table.problems.isEmpty
    }

    /// - Parameter isTraced: whether each second is printed.
    static func replay(_ drain: DrainCase, isTraced: Bool) -> Bool {
        let run = DrainRun(drain)
        if isTraced { print("  time  window flight  mode    pace   rate  ideal  service+queue  waiting  why") }
        let score = run.run(trace: isTraced ? { print(line($0)) } : nil)
        print(DrainReport.text(DrainReport.Line(drain, score)))
        print("\(score.finished) of \(score.ideal), \(score.calls) calls, digest \(String(run.digest, radix: 16))")
        if let violation = score.violation { print(violation) }
        return score.violation == nil
    }

    private static func line(_ second: DrainRun.Second) -> String {
        let state = second.group?.state
        let pace = state?.pace1000.map { (Double($0) / 1_000).text(1) } ?? "-"
        let breaker = second.group.map { $0.breaker == .closed ? "" : " (breaker \($0.breaker.name))" } ?? ""
        let columns: [(String, Int)] = [
            (second.time.text, 6), ("\(state?.window ?? 0)", 7), ("\(second.group?.inFlight ?? 0)", 6),
            (state?.mode ?? "-", 8), (pace, 7), ("\(second.finished)", 6), ("\(second.ideal)", 6),
            ("\(second.inService)/\(second.slots)+\(second.queueInService)", 14), ("\(second.waiting)", 8),
        ]
        let cells = columns.map { text, width in String(repeating: " ", count: max(0, width - text.count)) + text }
        return "\(cells.joined(separator: " "))  \(second.mean.text) \(state?.reason.rawValue ?? "no leader")\(breaker)"
    }
}
