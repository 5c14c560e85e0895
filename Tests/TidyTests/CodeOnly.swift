/// Takes comments and the text of string literals out of Swift code, so that rules judge code alone.
struct CodeOnly {
    private let text: [Character]
    private var index = 0
    private var kept = ""

    /// The lines of `text`, as many as before.
    static func lines(of text: String) -> [String] {
        var scanner = CodeOnly(text: Array(text))
        scanner.code(untilClosing: false)
        return scanner.kept.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private init(text: [Character]) { self.text = text }

    /// Keeps code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func code(untilClosing: Bool) {
        var depth = 0
        while index < text.count {
            if comes("//") {
                while index < text.count, text[index] != "\n" { index += 1 }
            } else if comes("/*") {
                blockComment()
            } else if let (pounds, quotes) = openingQuotes() {
                literal(pounds: pounds, quotes: quotes)
            } else {
                if text[index] == "(" { depth += 1 }
                if text[index] == ")" { depth -= 1 }
                if untilClosing, depth < 0 { return }
                kept.append(text[index])
                index += 1
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if comes("/*") {
                depth += 1
                index += 2
            } else if comes("*/") {
                depth -= 1
                index += 2
            } else {
                skip()
            }
        } while depth > 0 && index < text.count
    }

    /// How many # and quotation marks open a literal here, nil when none does.
    private func openingQuotes() -> (pounds: Int, quotes: Int)? {
        var at = index
        while at < text.count, text[at] == "#" { at += 1 }
        guard at < text.count, text[at] == "\"" else { return nil }
        let isLong = at + 2 < text.count && text[at + 1] == "\"" && text[at + 2] == "\""
        return (at - index, isLong ? 3 : 1)
    }

    private mutating func literal(pounds: Int, quotes: Int) {
        let marks = String(repeating: "#", count: pounds)
        let close = String(repeating: "\"", count: quotes) + marks
        index += pounds + quotes
        kept.append("\"")
        while index < text.count, !comes(close) {
            if comes("\\" + marks + "(") {
                index += pounds + 2
                kept.append("(")
                code(untilClosing: true)
                kept.append(")")
                index += 1
            } else if comes("\\" + marks) {
                index += pounds + 1
                skip()
            } else {
                skip()
            }
        }
        index += close.count
        kept.append("\"")
    }

    /// Steps over one character and keeps it when it ends a line.
    private mutating func skip() {
        if index < text.count, text[index] == "\n" { kept.append("\n") }
        index += 1
    }

    private func comes(_ word: String) -> Bool {
        index + word.count <= text.count && text[index..<index + word.count].elementsEqual(word)
    }
}
