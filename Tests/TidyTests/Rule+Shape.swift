extension Rule {
    private static let longest = 120  // characters of a line
    private static let mostLines = 300  // of a file

    static let lineLength = onLines(
        "lines have at most 120 characters", isOnCode: false,
        { $0.count > longest ? "\($0.count) characters" : nil },
        examples: [
            .wrong("Sources/Base/X.swift", line: 2, "\n" + String(repeating: "a", count: 121)),
            .wrong("Sources/Store/Scripts/x.lua", line: 1, String(repeating: "-", count: 121)),
            .fine("Sources/Base/X.swift", String(repeating: "é", count: 120) + "\n"),
        ])

    static let fileLength = Rule(
        name: "files have at most 300 lines, tables of test cases aside",
        check: { file in
            guard !file.isDocument, !file.path.hasSuffix("Corpus.swift") else { return [] }
            // Text that ends in a line feed splits into one piece more than it has lines.
            let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
            return count > mostLines ? [Violation(path: file.path, line: 0, what: "\(count) lines")] : []
        },
        examples: [
            .wrong("Tests/BaseTests/X.swift", line: 0, String(repeating: "a\n", count: 301)),
            .fine("Sources/Base/X.swift", String(repeating: "a\n", count: 300)),
            .fine("Tests/BaseTests/XCorpus.swift", String(repeating: "a\n", count: 301)),
        ])

    // Put together, so that this file does not break its own rule.
    private static let laters = ["TO" + "DO", "FIX" + "ME"]

    static let nothingLater = onLines(
        "nothing is left for later", isOnCode: false,
        { line in laters.first { line.hasWord($0) } },
        examples: [
            .wrong("Sources/Base/X.swift", line: 1, "// \(laters[0]): later"),
            .wrong("Sources/CLinux/x.c", line: 2, "\n/* \(laters[1]) */"),
            .fine("Sources/Base/X.swift", "// \(laters[0])S and MAS\(laters[0])"),
        ])

    static let noTabs = onLines(
        "there is no tab", isOnCode: false,
        { $0.contains("\t") ? "a tab" : nil },
        examples: [
            .wrong("Sources/CLinux/x.c", line: 2, "a\n\tb"), .fine("Sources/CLinux/x.c", "a\n    b"),
        ])
}
