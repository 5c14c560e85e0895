extension Rule {
    /// What was retired from the vocabulary, by the beginning of a word, with what is said instead. CONTRIBUTING.md has
    /// the words themselves. A name that is stored or sent stays as it is: it stands in quotes.
    private static let retired: [(word: String, instead: String)] = [
        ("witness", "durability check"), ("testif", "acknowledge"), ("testimon", "acknowledged state"),
        ("stranger", "non-holder, late reply"), ("crowded", "awaiting retry"),
        ("errand", "webhook call"), ("knowsTail", "predictsFirstSequence"), ("isWorthALook", "hasPendingBatch"),
        ("lookAgain", "pollAgain"), ("burnsAttempt", "consumesAttempt"), ("frontDoor", "public server"),
        ("shortWay", "fast path"), ("short way", "fast path"), ("adminDesk", "admin server"),
        ("silentFlight", "unanswered flight"), ("doubtFlight", "poisoned flight"),
    ]

    private static func retiredWord(in line: String) -> String? {
        let text = Array(line)
        let lower = text.map { Character($0.lowercased()) }
        for (word, instead) in retired {
            let wanted = Array(word.lowercased())
            guard text.count >= wanted.count else { continue }
            for at in 0...(text.count - wanted.count) where lower[at..<at + wanted.count].elementsEqual(wanted) {
                let before = at > 0 ? text[at - 1] : " "
                let after = at + wanted.count < text.count ? text[at + wanted.count] : " "
                let isStart = !before.isLetter || (text[at].isUppercase && !before.isUppercase)
                let isQuoted = "'\"`".contains(before) && "'\"`".contains(after)
                if isStart, !isQuoted { return "\(word): say \(instead)" }
            }
        }
        return nil
    }

    static let retiredWords = onLines(
        "no word is used that was retired", isOnCode: false,
        appliesTo: { $0.isBelow(["Sources", "LoadTests"]) && !$0.path.hasSuffix(".py") }, { retiredWord(in: $0) },
        examples: [
            .wrong("Sources/Store/X.swift", line: 1, "let itemWitness = 1"),
            .wrong("Sources/Store/X.swift", line: 2, "\n/// What the witnesses say."),
            .wrong("Sources/Store/Scripts/x.lua", line: 1, "-- the short way"),
            .fine("Sources/Store/X.swift", "let frontier = doors  // the row `crowded` of a report"),
            .fine("Tests/StoreTests/X.swift", "// a stranger"),
        ])
}
