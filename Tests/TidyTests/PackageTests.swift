import Testing

/// What Package.swift lets each target of the layers and of the load tests depend on.
private func dependencies() throws -> [String: Set<String>] {
    let declaration = /\b(?:target|program)\(\s*"([A-Za-z-]+)",\s*\[([^\]]*)\]/
    return try SourceFile.text("Package.swift").matches(of: declaration).reduce(into: [:]) { found, match in
        found[String(match.output.1)] = Set(match.output.2.matches(of: /"([^"]+)"/).map { String($0.output.1) })
    }
}

@Test func `every target of Package.swift depends on what its row in the table allows`() throws {
    let declared = try dependencies()
    for (target, row) in ImportTable.allowed {
        let found = try #require(declared[target], "\(target) is not in Package.swift, or not where this looks")
        #expect(found.isSubset(of: row), "\(target): \(found.subtracting(row).sorted())")
    }
    let row = ImportTable.loadTests["LoadTests"] ?? []
    for target in declared.keys where target.hasPrefix("LoadKit") || target.hasPrefix("sluice-load") {
        #expect(declared[target]?.isSubset(of: row) == true, "\(target)")
    }
}
