extension Rule {
    /// Where code may step outside memory safety, and thus what a reviewer of it must read.
    static let unsafeFolders = [
        "Sources/Base", "Sources/EventLoop", "Sources/HTTPServer", "Sources/OutboundHTTP", "Sources/RedisClient",
        "Sources/PostgresClient/LibPQ.swift", "Sources/Sodium", "Sources/TestKit",
        "Sources/Operations", "Sources/CommandLineModule",  // system calls: files, signals, processes, sockets
        "LoadTests/Kit/Network",
        "examples/order-service/Module/WebhookCheck.swift",  // libsodium
    ]

    static let uncheckedFolders = ["Sources/EventLoop", "Sources/TestKit", "Tests"]

    static let memorySafety = onLines(
        "code outside memory safety stays in the folders of the table", isOnCode: true,
        appliesTo: {
            $0.isBelow(["Sources", "LoadTests", "examples"]) && !$0.isBelow(unsafeFolders)
                && $0.path.hasSuffix(".swift")
        },
        { $0.hasWord("unsafe") ? "unsafe" : nil },
        examples: [
            .wrong("Sources/Domain/X.swift", line: 2, "let a = 1\nlet b = unsafe f()"),
            .wrong("Sources/Store/X.swift", line: 1, "let text = \"\\(unsafe String(cString: p))\""),
            .wrong("Sources/QueueModule/X.swift", line: 1, "nonisolated(unsafe) var a = 1"),
            .wrong("Sources/sluice-queue/X.swift", line: 1, "unsafe f()"),
            .wrong("Sources/EventLoopX/X.swift", line: 1, "unsafe f()"),
            .wrong("LoadTests/rush/X.swift", line: 1, "unsafe f()"),
            .wrong("examples/order-service/Module/X.swift", line: 1, "unsafe f()"),
            .fine(
                "Sources/Domain/X.swift",
                "// unsafe methods\nlet a = \"unsafe\" + unsafely + #\"a \" unsafe \\(unsafe)\"#"),
            .fine("Sources/CommandLineModule/Up/X.swift", "unsafe f()"),
            .fine("Sources/EventLoop/Deep/X.swift", "unsafe f()"),
            .fine("Tests/BaseTests/X.swift", "unsafe f()"),
        ])

    static let uncheckedSendable = onLines(
        "@unchecked Sendable stays in EventLoop, TestKit and tests", isOnCode: true,
        appliesTo: { !$0.isBelow(uncheckedFolders) && $0.path.hasSuffix(".swift") },
        { $0.hasWord("@unchecked") ? "@unchecked" : nil },
        examples: [
            .wrong("Sources/Store/X.swift", line: 1, "final class A: @unchecked Sendable {}"),
            .wrong("LoadTests/Kit/X.swift", line: 1, "extension A: @unchecked Sendable {}"),
            .fine("Sources/EventLoop/X.swift", "final class A: @unchecked Sendable {}"),
            .fine("Tests/StoreTests/X.swift", "final class A: @unchecked Sendable {}"),
            .fine("Sources/Store/X.swift", "/// Never @unchecked Sendable."),
        ])

    private static let declarations: Set = [
        "actor", "class", "convenience", "distributed", "enum", "extension", "final", "func", "import", "indirect",
        "init", "init(", "lazy", "let", "macro", "mutating", "nonisolated", "operator", "override", "private(set)",
        "protocol", "required", "static", "struct", "subscript", "typealias", "unowned", "var", "weak",
    ]

    static let crossesInPublic = onLines(
        "between targets all is public: the optimiser looks into nothing else", isOnCode: true,
        appliesTo: { $0.path.hasSuffix(".swift") },
        { line in
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "{" || $0 == ";" }
            for (word, next) in zip(words, words.dropFirst())
            where ["package", "open", "package(set)"].contains(word) {
                let isDeclaration = next.hasPrefix("@") || next.hasPrefix("init") || next.hasPrefix("subscript")
                if isDeclaration || declarations.contains(String(next)) { return "\(word) \(next)" }
            }
            return nil
        },
        examples: [
            .wrong("Sources/Base/X.swift", line: 1, "package struct A {}"),
            .wrong("Sources/Base/X.swift", line: 2, "struct A {\n    package init(a: Int) {}"),
            .wrong("LoadTests/Kit/X.swift", line: 1, "@frozen package final class A {}"),
            .wrong("Sources/Base/X.swift", line: 1, "open class A {}"),
            .wrong("Sources/Base/X.swift", line: 1, "struct A { package(set) var b = 1 }"),
            .wrong("Sources/Base/X.swift", line: 1, "package import Base"),
            .fine(
                "Sources/Base/X.swift",
                "let a = \"package var\"  // package var\nlet package = open(path)\ncase .package: b"),
            .fine("Sources/Base/X.swift", "public struct A {}"),
        ])
}

extension String {
    /// Whether `word` stands here with no letter, digit or underscore on either side.
    func hasWord(_ word: String) -> Bool {
        ranges(of: word).contains { range in
            let before = range.lowerBound == startIndex ? nil : self[index(before: range.lowerBound)]
            let after = range.upperBound == endIndex ? nil : self[range.upperBound]
            return [before, after].allSatisfy { $0.map { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? true }
        }
    }
}
