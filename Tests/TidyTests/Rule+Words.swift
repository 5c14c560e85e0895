extension Rule {
    /// A word that left the vocabulary. CONTRIBUTING.md has the words that are said instead.
    struct Retired: Sendable {
        /// How a word or a part of a name begins, in small letters.
        let beginning: String
        let instead: String
        /// Whether the word ends there: `round` is not `roundUp`'s, nor `rounded`.
        let isWhole: Bool
        /// Where it is not said any more.
        let folders: [String]

        init(_ beginning: String, _ instead: String, isWhole: Bool = false, in folders: [String] = everywhere) {
            (self.beginning, self.instead, self.isWhole, self.folders) = (beginning, instead, isWhole, folders)
        }
    }

    private static let everywhere = ["Sources", "LoadTests", "Tests", "docs", "examples", "README.md"]
    /// Where the newest of the words are gone. The command line's texts, and a few others, are known to users.
    private static let cleared =
        [
            "Base", "Domain", "EventLoop", "HTTPServer", "Operations", "OrderTable", "OutboundHTTP", "PostgresClient",
            "QueueModule/Admin", "QueueModule/Process", "QueueModule/Public", "RedisClient", "SchedulerModule",
            "Sodium", "Store", "TestKit", "WorkerModule",
        ].map { "Sources/" + $0 }
        + ["Command", "HTTP", "Load", "Measure", "Network", "Report", "Server"].map { "LoadTests/Kit/" + $0 } + [
            "Tests"
        ]
    /// The controllers of capacity measure in rounds, and so do tests of them and of speed.
    private static let withoutRounds =
        cleared.filter { !["Sources/Domain", "Sources/TestKit", "LoadTests/Kit", "Tests"].contains($0) }
        + [
            "Network", "HTTP", "Server",
        ].map { "LoadTests/Kit/" + $0 }
        + [
            "BaseTests", "EndToEndTests", "EventLoopTests", "FuzzReplayTests", "HTTPServerTests", "JSONTests",
            "OperationsTests", "OutboundHTTPTests", "PostgresClientTests", "QueueModuleTests", "RedisClientTests",
            "SchedulerModuleTests", "StoreTests", "WorkerModuleTests",
        ].map { "Tests/" + $0 }
    /// Records of decisions and of measurements are history, as CHANGELOG.md is. Tests/TidyTests holds the words.
    private static let history = ["docs/adr", "docs/README.md", "LoadTests/results", "Tests/TidyTests"]

    private static let retired: [Retired] = [
        Retired("witness", "durability check"), Retired("testif", "acknowledge"),
        Retired("testimon", "acknowledged state"), Retired("stranger", "non-holder, late reply"),
        Retired("crowded", "awaiting retry"), Retired("errand", "webhook call"),
        Retired("knowstail", "predictsFirstSequence"), Retired("isworthalook", "hasPendingBatch"),
        Retired("lookagain", "pollAgain"), Retired("burnsattempt", "consumesAttempt"),
        Retired("frontdoor", "public server"), Retired("shortway", "fast path"), Retired("short way", "fast path"),
        Retired("admindesk", "admin server"), Retired("silentflight", "unanswered flight"),
        Retired("doubtflight", "poisoned flight"), Retired("market", "buyer population", isWhole: true),
        Retired("shelf", "ticket cache", isWhole: true),
        Retired("tell", "notify, report, respond, show", isWhole: true, in: cleared),
        Retired("tells", "notifies, reports, responds, shows", isWhole: true, in: cleared),
        Retired("told", "notified, reported, answered, shown", isWhole: true, in: cleared),
        Retired("news", "change notification", isWhole: true, in: cleared.filter { $0 != "Sources/Store" }),
        Retired("hears", "receives", isWhole: true, in: cleared),
        Retired("heard", "received", isWhole: true, in: cleared),
        Retired("resting", "awaiting retry", isWhole: true, in: cleared),
        Retired("round", "input batch, turn, pass", isWhole: true, in: withoutRounds),
        Retired("rounds", "input batches, turns, passes", isWhole: true, in: withoutRounds),
    ]

    /// What `line` says of `retired`. A name that is stored or sent stays as it is: it stands in quotes.
    static func retiredWord(in line: String, _ words: [Retired]) -> String? {
        let text = Array(line.utf8)
        let lower = text.map { isCapital($0) ? $0 | 0x20 : $0 }
        for word in words {
            let wanted = Array(word.beginning.utf8)
            guard text.count >= wanted.count else { continue }
            for at in 0...(text.count - wanted.count) where lower[at] == wanted[0] {
                guard lower[at..<at + wanted.count].elementsEqual(wanted) else { continue }
                let before = at > 0 ? text[at - 1] : 0x20
                let after = at + wanted.count < text.count ? text[at + wanted.count] : 0x20
                let isStart = !isLetter(before) || isCapital(text[at]) && !isCapital(before)
                let isEnd = !isLetter(after) || isCapital(after)
                let isQuoted = "'\"`".utf8.contains(before) && "'\"`".utf8.contains(after)
                if isStart, !word.isWhole || isEnd, !isQuoted { return "\(word.beginning): say \(word.instead)" }
            }
        }
        return nil
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    static let retiredWords = Rule(
        name: "no word is used that was retired",
        check: { file in
            let words = retired.filter { file.isBelow($0.folders) }
            guard !words.isEmpty, !file.isBelow(history) else { return [] }
            return file.prose.enumerated().compactMap { index, line in
                retiredWord(in: line, words).map { Violation(path: file.path, line: index + 1, what: $0) }
            }
        },
        examples: [
            .wrong("Sources/Store/X.swift", line: 1, "let itemWitness = 1"),
            .wrong("Sources/Store/X.swift", line: 2, "\n/// What the witnesses say."),
            .wrong("Sources/Store/Scripts/x.lua", line: 1, "-- the short way"),
            .wrong("Tests/LoadTests/X.swift", line: 1, "// a stranger"),
            .wrong("Tests/LoadTests/X.swift", line: 1, "@Test func `who is told`() {}"),
            .wrong("Tests/EventLoopTests/X.swift", line: 1, "let lastRound = 1"),
            .wrong("docs/operations.md", line: 2, "\nWitnesses come."),
            .fine("Tests/LoadTests/X.swift", "let text = \"told\".rounded(rounding)  // background"),
            .fine("Sources/Store/X.swift", "let frontier = doors  // the row `crowded` of a report"),
            .fine("docs/adr/0008-x.md", "Witnesses come."),
            .fine("docs/architecture.md", "The line `!repeats wanted crowded` follows."),
        ])
}
