import Testing

private let rules: [Rule] = [
    .imports, .answersAreHeard, .memorySafety, .uncheckedSendable, .crossesInPublic, .lineLength, .fileLength,
    .nothingLater, .noTabs, .luaHeader, .luaLength, .retiredWords,
]

@Test(arguments: rules)
func `the repository keeps the rule`(rule: Rule) {
    let violations = SourceFile.all.flatMap(rule.check)
    #expect(violations.isEmpty, "\(violations.map { "\n\($0)" }.joined())")
}

@Test(arguments: rules)
func `the rule catches what breaks it and nothing else`(rule: Rule) {
    #expect(rule.examples.contains { $0.line != nil })
    #expect(rule.examples.contains { $0.line == nil })
    for example in rule.examples {
        let violations = rule.check(SourceFile(path: example.path, text: example.text))
        #expect(violations.map(\.line) == (example.line.map { [$0] } ?? []), "\(example.path): \(example.text)")
    }
}

@Test func `the files are found`() {
    let paths = Set(SourceFile.all.map(\.path))
    let known = ["Package.swift", "Sources/Base/Slab.swift", "Sources/CLinux/clinux.c", "LoadTests/rush/main.swift"]
    #expect(paths.isSuperset(of: known))
    #expect(paths.contains("Tests/TidyTests/TidyTests.swift"))
}

@Test func `every folder of sources has a layer and every target of Swift a row`() {
    for target in Set(SourceFile.all.compactMap(\.target)) {
        #expect(ImportTable.layer(of: target) != nil || target == "TestKit", "\(target)")
        #expect(ImportTable.allowed[target] != nil || ImportTable.cModules.contains(target), "\(target)")
    }
}

@Test func `the table's arrows point down, or sideways where it says so`() {
    for (target, imports) in ImportTable.allowed where target != "TestKit" {
        guard let layer = ImportTable.layer(of: target) else {
            Issue.record("\(target) has no layer")
            continue
        }
        for module in imports {
            guard let other = ImportTable.layer(of: module) else { continue }
            #expect(other < layer || ImportTable.sideways.contains([target, module]), "\(target) -> \(module)")
        }
    }
}

@Test func `the table keeps the modules away from Redis and C, and Foundation where it may be`() {
    for module in ImportTable.modules {
        let imports = ImportTable.allowed[module] ?? ["RedisClient"]
        #expect(
            imports.isDisjoint(with: ImportTable.cModules.union(["RedisClient", "PostgresClient", "Glibc"])),
            "\(module)")
    }
    for (target, imports) in ImportTable.allowed where !ImportTable.foundationUsers.contains(target) {
        #expect(imports.isDisjoint(with: ImportTable.foundation), "\(target)")
    }
}

@Test func `code is told from comments and from the text of literals`() {
    let text = ##"""
        let a = "x // y" // z
        /* one /* two */ three */ let b = "\(f("q", (1)) + c)" + "\"d"
        let e = """
          g "h" \(i)
          """
        let j = #"k \(l) \#(m)"# /// n
        """##
    let expected = [
        #"let a = "" "#, #" let b = "(f("", (1)) + c)" + """#, #"let e = ""#, "(i)", #"""#, #"let j = "(m)" "#,
    ]
    #expect(CodeOnly.lines(of: text) == expected)
}
