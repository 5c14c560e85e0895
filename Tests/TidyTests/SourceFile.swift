import Foundation

/// One file of the repository as the rules see it.
struct SourceFile {
    /// From the root of the repository, with forward slashes.
    let path: String
    let lines: [Substring]
    /// The lines without comments and without the text of string literals; what is interpolated stays.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = path.hasSuffix(".swift") ? CodeOnly.lines(of: text) : lines.map(String.init)
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The folder below `Sources`, nil for a file elsewhere.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    func isBelow(_ folders: [String]) -> Bool { folders.contains { path == $0 || path.hasPrefix($0 + "/") } }

    /// Every file with code in it, in order of path.
    static let all: [SourceFile] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var paths = ["Package.swift"]
        for folder in ["LoadTests", "Sources", "Tests", "examples"] {
            let below = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            while let path = below?.nextObject() as? String { paths.append("\(folder)/\(path)") }
        }
        let endings = [".swift", ".c", ".h", ".lua", ".py", ".sh"]
        return paths.filter { path in endings.contains { path.hasSuffix($0) } }.sorted().compactMap { path in
            guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
            return SourceFile(path: path, text: text)
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
