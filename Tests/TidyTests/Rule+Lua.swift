extension Rule {
    private static let mostCode = 100  // lines: one operation, its fast and its careful path in one place
    /// Where scripts of Redis are; the Lua of wrk and of nginx has no KEYS.
    private static let scriptFolders = ["Sources", "LoadTests/peers/nginx-lua/redis"]
    private static let headings = ["KEYS", "ARGV", "Returns:", "Cost:"]

    static let luaHeader = Rule(
        name: "a script opens with its purpose, KEYS, ARGV, Returns, Cost and Idempotent; a module with what it shares",
        check: { file in
            guard isScript(file) else { return [] }
            let header = file.lines.prefix { $0.hasPrefix("--") }
            let isModule = file.isBelow(["Sources/Store/Scripts/Modules"])
            let wanted = isModule ? ["--- shares: "] : headings.map { "-- \($0)" }
            var missing = wanted.filter { heading in !header.contains { $0.hasPrefix(heading) } }
            if !isModule && !header.contains(where: { $0.contains("Idempotent:") }) { missing.append("Idempotent:") }
            var violations = missing.map { Violation(path: file.path, line: 0, what: "no \($0) in the header") }
            let purpose = "-- \(file.name): "
            if header.first?.hasPrefix(purpose) != true || header.first?.count == purpose.count {
                violations.append(Violation(path: file.path, line: 1, what: "does not begin with \(purpose)…"))
            }
            return violations
        },
        examples: [
            .wrong(
                "Sources/Store/Scripts/a.lua", line: 1, header.replacing("-- a.lua: do it.", with: "-- b.lua: do it.")),
            .wrong("Sources/Store/Scripts/a.lua", line: 1, header.replacing("do it.", with: "")),
            .wrong("Sources/Store/Scripts/a.lua", line: 0, header.replacing("-- KEYS[1]", with: "-- [1]")),
            .wrong("Sources/Store/Scripts/a.lua", line: 0, header.replacing("ARGV", with: "ARGS")),
            .wrong("Sources/Store/Scripts/a.lua", line: 0, header.replacing("Returns", with: "returns")),
            .wrong("Sources/Store/Scripts/a.lua", line: 0, header.replacing("Cost:", with: "cost:")),
            .wrong("Sources/Store/Scripts/a.lua", line: 0, header.replacing("Idempotent: yes", with: "")),
            .wrong(
                "LoadTests/peers/nginx-lua/redis/a.lua", line: 0, header.replacing("Idempotent: yes", with: "")),
            .wrong("Sources/Store/Scripts/Modules/a.lua", line: 0, "-- a.lua: do it.\n"),
            .fine("Sources/Store/Scripts/a.lua", header + "\nreturn 1\n"),
            .fine("Sources/Store/Scripts/Modules/a.lua", "-- a.lua: do it.\n--- shares: x\nlocal x = 1\n"),
            .fine("LoadTests/wrk/a.lua", "-- a.lua: for wrk.\n"),
        ])

    static let luaLength = Rule(
        name: "a script has at most 100 lines of code",
        check: { file in
            guard isScript(file) else { return [] }
            let count = file.lines.count { line in
                let code = line.drop { $0 == " " }
                return !code.isEmpty && !code.hasPrefix("--")
            }
            return count > mostCode ? [Violation(path: file.path, line: 0, what: "\(count) lines of code")] : []
        },
        examples: [
            .wrong("Sources/Store/Scripts/a.lua", line: 0, header + String(repeating: "a = 1\n", count: 101)),
            .fine(
                "Sources/Store/Scripts/a.lua",
                header + String(repeating: "a = 1\n", count: 100) + String(repeating: "\n  -- why\n", count: 9)),
        ])

    private static func isScript(_ file: SourceFile) -> Bool {
        file.path.hasSuffix(".lua") && file.isBelow(scriptFolders)
    }

    private static let header = """
        -- a.lua: do it.
        --
        -- KEYS[1]  meta  HASH  sluice:{item}:meta
        -- ARGV[1]  n     purchases
        --
        -- Returns: n.
        -- Cost: O(n). Idempotent: yes.

        """
}
