import Foundation
import QueueModule
import SchedulerModule
import Testing
import WorkerModule

@testable import CommandLineModule
@testable import Operations

/// The table of options in docs/operations.md is the catalogue's, row by row.
@Suite struct OptionsDocumentTests {
    private struct Row {
        let names: [String]
        let defaults: String
        let meaning: String
        let programs: Set<Character>

        /// What the row says of the default of one of its options.
        func fallback(of name: String) -> String {
            let options = names.filter { !$0.hasSuffix("-file") }
            let values = defaults.components(separatedBy: ", ")
            guard let index = options.firstIndex(of: name), values.count == options.count else { return defaults }
            return values[index]
        }
    }

    private let rows: [Row]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/operations.md"), encoding: .utf8)
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix("Options\n") }
        let table = try #require(section).split(separator: "\n").filter { $0.hasPrefix("| `--") }
        rows = table.map { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            let programs = cells[3].prefix { $0 != "," } + (cells[3].contains(", C") ? "C" : "")
            return Row(
                names: cells[0].matches(of: /`--([a-z-]+)`/).map { String($0.output.1) }, defaults: cells[1],
                meaning: cells[2], programs: Set(programs).intersection("QSWUC"))
        }
    }

    private func row(_ name: String) throws -> Row {
        try #require(rows.first { $0.names.contains(name) }, "no row has --\(name)")
    }

    @Test func `every option has a row with its default and its range`() throws {
        for option in KnownOptions.all {
            let row = try row(option.name)
            for name in option.names { #expect(row.names.contains(name), "--\(name)") }
            if case .text(let text) = option.fallback, option.name != "url" {  // the admin server's, but for tickets
                #expect(row.fallback(of: option.name).contains(text), "default of --\(option.name): \(text)")
            }
            if let bounds = option.bounds {
                let range = "\(bounds.lowerBound)…\(bounds.upperBound)"
                #expect(row.meaning.contains(range), "--\(option.name): \(range)")
            }
        }
    }

    @Test func `every option has the programs that take it`() throws {
        let schemas: [(Character, ConfigurationSchema)] = [
            ("Q", QueueConfiguration.schema), ("S", SchedulerConfiguration.schema), ("W", WorkerConfiguration.schema),
        ]
        let questions = Catalogue.commands.filter { ![.up, .plan].contains($0.action) }.flatMap(\.options).map(\.name)
        for option in KnownOptions.all where option.name != "config" {
            var programs = Set(schemas.filter { $0.1.options.contains { $0.name == option.name } }.map(\.0))
            if option.names.contains(where: { Catalogue.up.option(named: $0) != nil }) { programs.insert("U") }
            if option.names.contains(where: questions.contains) { programs.insert("C") }
            #expect(try row(option.name).programs == programs, "--\(option.name)")
        }
    }

    @Test func `every flag of a row is there, and every one of up has a row`() throws {
        let known = KnownOptions.all.flatMap(\.names) + Catalogue.commands.flatMap(\.options).map(\.name)
        for name in rows.flatMap(\.names) {
            #expect(known.contains(name) || ["check-config", "help", "version"].contains(name), "--\(name)")
        }
        for option in Catalogue.up.options where !option.isHidden { _ = try row(option.name) }
    }
}
