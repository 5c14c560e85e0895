extension Catalogue {
    static let tokens = [
        Command(
            action: .listTokens, words: ["token", "ls"], positionals: [], options: server + reading,
            summary: "list the tokens of operators: role, items, expiry, who made them"),
        Command(
            action: .addToken, words: ["token", "add"], positionals: [],
            options: server + [
                Option("role", .nonEmpty("ROLE"), help: "viewer, operator or admin"),
                Option("items", .nonEmpty("NAME,…"), help: "for these items only; else for all"),
                Option("expires", .nonEmpty("TIME"), help: "such as 2026-11-12T00:00:00Z; else never"),
                json, dryRun,
            ], summary: "make a token for an operator or a program, and print it once"),
        Command(
            action: .revokeToken, words: ["token", "revoke"], positionals: ["ID"],
            options: server + [json, dryRun],
            summary: "end a token: within two seconds no process takes it"),
    ]
}
