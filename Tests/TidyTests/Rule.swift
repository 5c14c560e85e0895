import Testing

/// A house rule, with files that break it and files that look as if they did, so that the rule itself is tested.
struct Rule: Sendable, CustomTestStringConvertible {
    struct Example: Sendable {
        let path: String
        let text: String
        /// The line that is wrong, nil when nothing is.
        let line: Int?
    }

    let name: String
    let check: @Sendable (SourceFile) -> [Violation]
    let examples: [Example]

    var testDescription: String { name }

    /// A rule on single lines of code: `wrong` names what is wrong with one, or nil.
    ///
    /// - Parameter isOnCode: whether comments and the text of literals are left out.
    static func onLines(
        _ name: String, isOnCode: Bool, appliesTo: @escaping @Sendable (SourceFile) -> Bool = { _ in true },
        _ wrong: @escaping @Sendable (String) -> String?, examples: [Example]
    ) -> Rule {
        Rule(
            name: name,
            check: { file in
                guard !file.isDocument, appliesTo(file) else { return [] }
                let lines = isOnCode ? file.code : file.lines.map(String.init)
                return lines.enumerated().compactMap { index, line in
                    wrong(line).map { Violation(path: file.path, line: index + 1, what: $0) }
                }
            }, examples: examples)
    }
}

extension Rule.Example {
    static func wrong(_ path: String, line: Int, _ text: String) -> Rule.Example {
        Rule.Example(path: path, text: text, line: line)
    }

    static func fine(_ path: String, _ text: String) -> Rule.Example {
        Rule.Example(path: path, text: text, line: nil)
    }
}
