extension Rule {
    static let imports = Rule(
        name: "a target imports only what its row in the table allows",
        check: { file in
            guard file.path.hasSuffix(".swift"), let (owner, allowed) = row(of: file) else { return [] }
            return file.code.enumerated().compactMap { index, line in
                guard let module = importedModule(line), !allowed.contains(module) else { return nil }
                return Violation(path: file.path, line: index + 1, what: "\(owner) may not import \(module)")
            }
        },
        examples: [
            .wrong("Sources/Domain/X.swift", line: 2, "import Base\nimport EventLoop"),
            .wrong("Sources/Base/X.swift", line: 1, "package import Glibc"),
            .wrong("Sources/QueueModule/X.swift", line: 1, "import RedisClient"),
            .wrong("Sources/WorkerModule/X.swift", line: 1, "@preconcurrency import CLinux"),
            .wrong("Sources/SchedulerModule/Deep/X.swift", line: 1, "  import struct Foundation.Date"),
            .wrong("Sources/HTTPServer/X.swift", line: 3, "/* a\n*/\ninternal import Domain"),
            .wrong("Sources/EventLoop/X.swift", line: 1, "import FoundationEssentials"),
            .wrong("Sources/Nobody/X.swift", line: 1, "import Base"),
            .wrong("LoadTests/Kit/X.swift", line: 1, "import EventLoop"),
            .wrong("LoadTests/rush/main.swift", line: 1, "import Base"),
            .wrong("Tests/LoadTests/X.swift", line: 1, "@testable import Domain"),
            .wrong("examples/order-service/Module/X.swift", line: 1, "import Store"),
            .fine("examples/order-service/Module/X.swift", "import HTTPServer"),
            .fine("Sources/Domain/X.swift", "// import EventLoop\nlet text = \"\"\"\nimport Foundation\n\"\"\""),
            .fine("Sources/RedisClient/X.swift", "package import EventLoop\nimport CHiredis"),
            .fine("Sources/CommandLineModule/X.swift", "import FoundationEssentials"),
            .fine("LoadTests/rush/X.swift", "import Foundation\nimport LoadKit"),
            .fine("LoadTests/bench/x.py", "import os"),
            .fine("Tests/EndToEndTests/X.swift", "import Foundation\nimport LoadKit\nimport Base"),
            .fine("Sources/Domain/X.swift", "importer.import(file)\nlet importRule = 1"),
        ])

    private static func row(of file: SourceFile) -> (owner: String, allowed: Set<String>)? {
        if let target = file.target { return (target, ImportTable.allowed[target] ?? []) }
        for (folder, allowed) in ImportTable.loadTests.merging(ImportTable.examples, uniquingKeysWith: { $1 })
        where file.isBelow([folder]) { return (folder, allowed) }
        return nil
    }

    private static let kinds: Set = ["actor", "class", "enum", "func", "let", "protocol", "struct", "typealias", "var"]
    private static let levels: Set = ["package", "internal", "private", "fileprivate", "public"]

    /// The module that a line of code imports, nil when it imports none.
    static func importedModule(_ line: String) -> String? {
        var words = line.split { $0 == " " || $0 == "\t" || $0 == ";" }[...]
        while let word = words.first, word.hasPrefix("@") || levels.contains(String(word)) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        if let kind = words.first, kinds.contains(String(kind)) { words.removeFirst() }
        return words.first?.split(separator: ".").first.map(String.init)
    }
}
