import Base
import Domain
import Foundation
import Testing

/// The numbers of the controllers stand in docs/capacity.md, in the section that each of them names.
@Suite struct TuningTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Rows of `name | value` in the sections below "The numbers", by the mark of the section.
    private static func documented() throws -> [String: [String: String]] {
        let numbers = try text("docs/capacity.md").components(separatedBy: "\n## The numbers\n").dropFirst().joined()
        var rows: [String: [String: String]] = [:]
        for section in numbers.components(separatedBy: "\n### ").dropFirst() {
            let lines = section.split(separator: "\n")
            let mark = lines[0].lowercased().replacing(" ", with: "-")
            for line in lines where line.hasPrefix("| `") {
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                rows[mark, default: [:]][cells[0].trimmingCharacters(in: ["`"])] = cells[1].replacing(",", with: "")
            }
        }
        return rows
    }

    /// The mark of each number, as its doc comment has it.
    private static func marks(_ file: String) throws -> [String: String] {
        var (marks, comment): ([String: String], String) = ([:], "")
        for line in try text("Sources/Domain/Capacity/\(file)").split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("///") {
                comment += line
            } else {
                if let name = line.wholeMatch(of: /public var (\w+).*=.*/)?.1 {
                    marks[String(name)] = comment.firstMatch(of: /\(#([a-z-]+)\)$/).map { String($0.1) } ?? "none"
                }
                comment = ""
            }
        }
        return marks
    }

    private static func shown(_ value: Any) -> String? {
        switch value {
        case let span as TimeSpan where span < .seconds(1): "\(span.wholeMilliseconds) ms"
        case let span as TimeSpan: "\(span.wholeMilliseconds / 1_000) s"
        case let number as Double: number == number.rounded() ? "\(Int(number))" : "\(number)"
        case is CollapseTuning, is FaultTuning: nil
        default: "\(value)"
        }
    }

    @Test func `every number of a tuning stands in the section that its doc comment names, and no other does`() throws {
        var rows = try Self.documented()
        for (tuning, file) in [
            (ExecutionController.Tuning(), "ExecutionTuning.swift"),
            (LatencyController.Tuning(), "LatencyTuning.swift"),
            (CollapseTuning(), "CollapseTuning.swift"), (FaultTuning(), "FaultShare.swift"),
        ] as [(Any, String)] {
            let marks = try Self.marks(file)
            for (label, value) in Mirror(reflecting: tuning).children {
                let name = label ?? ""
                let mark = marks[name] ?? "none"
                guard let value = Self.shown(value) else {
                    #expect(rows[mark] != nil || mark != "none", "\(file): \(name)")
                    continue
                }
                #expect(rows[mark]?.removeValue(forKey: name) == value, "\(file): \(name) (#\(mark))")
            }
        }
        let unknown = rows.values.flatMap(\.keys)
        #expect(unknown.isEmpty, "in docs/capacity.md alone: \(unknown)")
    }
}
