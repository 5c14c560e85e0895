import Testing

@Test func `every make target that a document names is there`() throws {
    let targets = Set(try SourceFile.text("Makefile").matches(of: /(?m)^([a-z-]+):/).map { String($0.output.1) })
    var named: Set<String> = []
    for document in SourceFile.all where document.isDocument {
        for line in document.lines {
            for match in line.matches(of: /(?:`|^|^\$ |\bor )make ([a-z-]+)/) {
                named.insert(String(match.output.1))
                #expect(targets.contains(String(match.output.1)), "\(document.path): make \(match.output.1)")
            }
        }
    }
    #expect(named.isSuperset(of: ["run", "test", "bench"]))
}
