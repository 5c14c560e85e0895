import Foundation
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
}

/// Every document that tells somebody what to type.
private func documents() throws -> [String] {
    let docs = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)
    return ["README.md", "LoadTests/results/README.md"] + docs.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
}

@Test func `every make target that a document names is there`() throws {
    let targets = Set(try text("Makefile").matches(of: /(?m)^([a-z-]+):/).map { String($0.output.1) })
    var named: Set<String> = []
    for path in try documents() {
        for match in try text(path).matches(of: /(?m)(?:`|^|^\$ |\bor )make ([a-z-]+)/) {
            named.insert(String(match.output.1))
            #expect(targets.contains(String(match.output.1)), "\(path): make \(match.output.1)")
        }
    }
    #expect(named.isSuperset(of: ["run", "test", "bench"]))
}
