extension Rule {
    /// What has to do with the store, where an answer that nobody looks at has stranded units before.
    private static let askers = [
        "Sources/Store", "Sources/QueueModule", "Sources/SchedulerModule", "Sources/WorkerModule",
    ]

    /// Ways to let an answer fall. A reason behind them, `// unheard: why`, is what makes one of them right.
    private static let deaf = [
        "{ _ in }", "{ _ in completion() }", "try? result.get()", "_ = result", "(_: Result<",
    ]

    static let answersAreHeard = onLines(
        "every answer of the store is looked at, or a reason stands there", isOnCode: false,
        appliesTo: { $0.isBelow(askers) && $0.path.hasSuffix(".swift") },
        { line in
            // A closure that is there from the start, until somebody sets it, is no answer; nor is one that builds.
            guard !["// unheard: ", "-> Void = ", "build: {"].contains(where: line.contains) else { return nil }
            return deaf.first { line.contains($0) }
        },
        examples: [
            .wrong("Sources/Store/X.swift", line: 1, "connection.send(words) { _ in }"),
            .wrong("Sources/SchedulerModule/X.swift", line: 2, "let a = 1\nlet b = (try? result.get()) ?? []"),
            .wrong("Sources/QueueModule/X.swift", line: 1, "store.lead(as: node) { _ in completion() }"),
            .wrong("Sources/WorkerModule/X.swift", line: 1, "{ (_: Result<Int64, StoreFailure>) in }"),
            .fine("Sources/Store/X.swift", "connection.send(words) { _ in }  // unheard: it is sent again"),
            .fine("Sources/WorkerModule/X.swift", "var onGone: (String) -> Void = { _ in }"),
            .fine("Sources/HTTPServer/X.swift", "f { _ in }"),
        ])
}
