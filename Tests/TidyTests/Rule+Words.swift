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

    /// Records of decisions are history, as CHANGELOG.md is; this folder holds the words themselves.
    private static let everywhere = ["Sources", "LoadTests", "Tests/LoadTests", "README.md"]
    private static let history = ["docs/adr", "docs/README.md", "Tests/TidyTests", "LoadTests/results"]

    private static let retired: [Retired] = [
        Retired("witness", "durability check"), Retired("testif", "acknowledge"),
        Retired("testimon", "acknowledged state"), Retired("stranger", "non-holder, late reply"),
        Retired("crowded", "awaiting retry"), Retired("errand", "webhook call"),
        Retired("knowstail", "predictsFirstSequence"), Retired("isworthalook", "hasPendingBatch"),
        Retired("lookagain", "pollAgain"), Retired("burnsattempt", "consumesAttempt"),
        Retired("frontdoor", "public server"), Retired("shortway", "fast path"), Retired("short way", "fast path"),
        Retired("admindesk", "admin server"), Retired("silentflight", "unanswered flight"),
        Retired("doubtflight", "poisoned flight"),
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
            return file.lines.enumerated().compactMap { index, line in
                retiredWord(in: String(line), words).map { Violation(path: file.path, line: index + 1, what: $0) }
            }
        },
        examples: [
            .wrong("Sources/Store/X.swift", line: 1, "let itemWitness = 1"),
            .wrong("Sources/Store/X.swift", line: 2, "\n/// What the witnesses say."),
            .wrong("Sources/Store/Scripts/x.lua", line: 1, "-- the short way"),
            .wrong("Tests/LoadTests/X.swift", line: 1, "// a stranger"),
            .wrong("README.md", line: 2, "\nWitnesses come."),
            .fine("Sources/Store/X.swift", "let frontier = doors  // the row `crowded` of a report"),
            .fine("docs/adr/0008-x.md", "Witnesses come."),
        ])
}
