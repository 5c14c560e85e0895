import Foundation

/// One file of the repository as the rules see it.
struct SourceFile {
    /// From the root of the repository, with forward slashes.
    let path: String
    let lines: [Substring]
    /// The lines without comments and without the text of string literals; what is interpolated stays.
    let code: [String]
    /// The lines without the text of string literals, comments kept: what this project calls things. Texts for users,
    /// names of fields and keys stay as they are.
    let prose: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let isSwift = path.hasSuffix(".swift")
        code = isSwift ? CodeOnly.lines(of: text) : lines.map(String.init)
        prose =
            isSwift
            ? CodeOnly.lines(of: text, keepsComments: true)
            : path.hasSuffix(".md") ? lines.map(Self.withoutCode) : code
    }

    /// A line of a document without what stands between backticks.
    private static func withoutCode(_ line: Substring) -> String {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset.isMultiple(of: 2) }
            .map(\.element).joined(separator: " ")
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var isDocument: Bool { path.hasSuffix(".md") }

    /// The folder below `Sources`, nil for a file elsewhere.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    func isBelow(_ folders: [String]) -> Bool { folders.contains { path == $0 || path.hasPrefix($0 + "/") } }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Every file with code in it and every document, in order of path.
    static let all: [SourceFile] = {
        var paths = ["Package.swift", "README.md", "CONTRIBUTING.md"]
        for folder in ["LoadTests", "Sources", "Tests", "docs", "examples"] {
            let below = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            while let path = below?.nextObject() as? String { paths.append("\(folder)/\(path)") }
        }
        let endings = [".swift", ".c", ".h", ".lua", ".py", ".sh", ".md"]
        return paths.filter { path in endings.contains { path.hasSuffix($0) } }.sorted().compactMap { path in
            (try? text(path)).map { SourceFile(path: path, text: $0) }
        }
    }()
}

/// Something a rule does not allow. `line` counts from 1; 0 stands for the whole file.
struct Violation: Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(what)" }
}
