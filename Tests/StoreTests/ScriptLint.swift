import Foundation

@testable import Store

/// One file of Lua, and what in it bypasses the contract.
struct ScriptLint {
    let name: String  // without its ending
    let isModule: Bool
    let constants: Set<String>
    let includes: Set<String>
    let shares: Set<String>
    let needs: Set<String>
    /// Lines without comments.
    private let code: [String]
    private let locals: Set<String>
    private let ownNumbers: [Int64]

    init(name: String, isModule: Bool = false, text: String) {
        self.name = name
        self.isModule = isModule
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func names(_ word: String) -> Set<String> {
            Set(lines.compactMap { ScriptAssembler.names(in: $0, behind: word) }.joined())
        }
        let declared = names("constants").map { $0.split(separator: "=").map { String($0.filter { $0 != " " }) } }
        constants = Set(declared.filter { $0.count == 1 }.map { $0[0] })
        let own = declared.filter { $0.count == 2 }
        includes = names("include")
        shares = names("shares")
        needs = names("needs")
        code = lines.map { line in
            String(line.prefix(upTo: line.firstRange(of: /--.*/)?.lowerBound ?? line.endIndex))
        }
        ownNumbers = own.compactMap { Int64($0[1]) }
        var locals = Set(own.map { $0[0] })
        for line in code {
            let defined = line.matches(of: /(?:local|for)\s+(?:function )?([A-Za-z_][\w, ]*)/).map(\.1)
            let parameters = line.matches(of: /function\s*\w*\(([\w, .]*)\)/).map(\.1)
            for names in defined + parameters { locals.formUnion(names.matches(of: /\w+/).map { String($0.0) }) }
        }
        self.locals = locals
    }

    /// Every script and module of the sources.
    static func all() throws -> [ScriptLint] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Store/Scripts")
        return try ["", "Modules"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(
                at: root.appending(path: folder), includingPropertiesForKeys: nil
            ).filter { $0.pathExtension == "lua" }.map { file in
                ScriptLint(
                    name: file.deletingPathExtension().lastPathComponent, isModule: !folder.isEmpty,
                    text: try String(contentsOf: file, encoding: .utf8))
            }
        }.sorted { $0.name < $1.name }
    }

    /// What is wrong, in words; empty when nothing is.
    func violations(modules: [ScriptLint]) -> [String] {
        var found = code.flatMap { texts(in: $0) + numbers(in: $0) + codes(in: $0) + fields(in: $0) + keys(in: $0) }
        let words = Set(code.flatMap { Self.withoutTexts($0).matches(of: /\w+/).map { String($0.0) } })
        for word in words where word.wholeMatch(of: /[A-Z][A-Z_]+/) != nil && !["KEYS", "ARGV"].contains(word) {
            if !constants.contains(word) && !needs.contains(word) && !locals.contains(word) {
                found.append("uses \(word) and does not declare it")
            }
        }
        let contract = LuaConstants.all.values.compactMap { Int64($0) }.filter { $0 > 9 }
        found += ownNumbers.filter(contract.contains).map { "has \($0) as a number of its own" }
        found += constants.union(needs).subtracting(words).map { "declares \($0) and does not use it" }
        found += constants.filter { LuaConstants.all[$0] == nil && $0 != ScriptAssembler.channel }
            .map { "declares \($0), which the contract has not" }
        found += locals.filter { LuaConstants.all[$0] != nil }.map { "defines \($0), which is the contract's" }
        found += shares.subtracting(locals).map { "shares \($0) and has not" }
        for module in modules where module.name != name && !includes.contains(module.name) {
            found += module.shares.intersection(words).subtracting(locals).map { "uses \($0) without \(module.name)" }
        }
        for module in modules where includes.contains(module.name) {
            if module.shares.isDisjoint(with: words) { found.append("includes \(module.name) and does not use it") }
        }
        return found.map { "\(name).lua \($0)" }.sorted()
    }

    /// Keys that modules need and this operation has not named.
    func missingKeys(modules: [ScriptLint]) -> Set<String> {
        var reached: Set<String> = []
        var next = includes
        while let name = next.popFirst() {
            guard reached.insert(name).inserted else { continue }
            next.formUnion(modules.first { $0.name == name }?.includes ?? [])
        }
        let needed = modules.filter { reached.contains($0.name) }.flatMap(\.needs)
        return Set(needed).subtracting(locals)
    }

    // MARK: One line

    private static func withoutTexts(_ line: String) -> String { line.replacing(/'[^']*'/, with: "''") }

    private static var plain: Regex<Substring> { /[A-Z]{2,}|[01]|\W|\\[1n]|(?:\\0)+|\s.*\s|[{(].*/ }

    /// Fields of meta, commands of Redis, formats and patterns are written out; nothing else.
    private func texts(in line: String) -> [String] {
        line.matches(of: /'([^']*)'/).map { String($0.1) }.filter { text in
            if text.isEmpty || text.contains("%") || text.wholeMatch(of: Self.plain) != nil { return false }
            return MetaField(rawValue: text) == nil
        }.map { "writes '\($0)' out" }
    }

    /// Numbers but the smallest have names; those of the contract have its names.
    private func numbers(in line: String) -> [String] {
        let bare = Self.withoutTexts(line).replacing(/(KEYS|ARGV)\[\d+\]/, with: "")
        return bare.matches(of: /\b\d+/).compactMap { Int64($0.0) }.filter { $0 > 2 && $0 != 1000 }
            .map { "writes \($0) out" }
    }

    /// A code is small, so what is done with it gives it away.
    private func codes(in line: String) -> [String] {
        let bare = Self.withoutTexts(line)
        let compares = /(?:^|[^,] )(?:stop|code|state|byte|result|outcome|status) *(?:==|~=|=) *\d/
        let passes = /return \{-?\d|(?:reply|char|move)\(-?\d|decide\([^,]*,[^,]*, \d/
        return (bare.matches(of: compares) + bare.matches(of: passes)).map { "writes a code out: \($0.0)" }
    }

    private func fields(in line: String) -> [String] {
        line.matches(of: /\b(?:meta|stored|wanted|all)\.(\w+)/).map { String($0.1) }
            .filter { MetaField(rawValue: $0) == nil }.map { "knows a field \($0)" }
    }

    private func keys(in line: String) -> [String] {
        line.contains("KEYS[") && !line.contains(/^local [\w, ]+ = (KEYS\[\d+\](, )?)+$/) ? ["does not name a key"] : []
    }
}
