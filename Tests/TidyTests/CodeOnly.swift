/// Takes the text of string literals out of Swift code, and comments unless they are wanted, so that a rule judges what
/// it is about.
struct CodeOnly {
    private let text: [UInt8]
    private let keepsComments: Bool
    private var index = 0
    private var kept: [UInt8] = []

    /// The lines of `text`, as many as before.
    static func lines(of text: String, keepsComments: Bool = false) -> [String] {
        var scanner = CodeOnly(Array(text.utf8), keepsComments: keepsComments)
        scanner.code(untilClosing: false)
        return scanner.kept.split(separator: newline, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private init(_ text: [UInt8], keepsComments: Bool) {
        self.text = text
        self.keepsComments = keepsComments
        kept.reserveCapacity(text.count)
    }

    private static let newline = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")

    /// Keeps code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func code(untilClosing: Bool) {
        var depth = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "/"), comes("//") {
                while index < text.count, text[index] != Self.newline { skip(isKept: keepsComments) }
            } else if byte == UInt8(ascii: "/"), comes("/*") {
                blockComment()
            } else if let (pounds, quotes) = openingQuotes() {
                literal(pounds: pounds, quotes: quotes)
            } else {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                if untilClosing, depth < 0 { return }
                skip(isKept: true)
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            let (opens, closes) = (comes("/*"), comes("*/"))
            depth += opens ? 1 : closes ? -1 : 0
            skip(isKept: keepsComments)
            if opens || closes { skip(isKept: keepsComments) }
        } while depth > 0 && index < text.count
    }

    /// How many # and quotation marks open a literal here, nil when none does.
    private func openingQuotes() -> (pounds: Int, quotes: Int)? {
        var at = index
        while at < text.count, text[at] == UInt8(ascii: "#") { at += 1 }
        guard at < text.count, text[at] == Self.quote else { return nil }
        let isLong = at + 2 < text.count && text[at + 1] == Self.quote && text[at + 2] == Self.quote
        return (at - index, isLong ? 3 : 1)
    }

    private mutating func literal(pounds: Int, quotes: Int) {
        let marks = String(repeating: "#", count: pounds)
        let (close, escape) = (String(repeating: "\"", count: quotes) + marks, "\\" + marks)
        index += pounds + quotes
        kept.append(Self.quote)
        while index < text.count, !comes(close) {
            if comes(escape + "(") {
                index += pounds + 2
                kept.append(UInt8(ascii: "("))
                code(untilClosing: true)
                kept.append(UInt8(ascii: ")"))
                index += 1
            } else {
                if comes(escape) { index += pounds + 1 }
                skip(isKept: false)
            }
        }
        index += close.utf8.count
        kept.append(Self.quote)
    }

    /// Steps over one byte and keeps it when it is wanted or ends a line.
    private mutating func skip(isKept: Bool) {
        guard index < text.count else { return }
        if isKept || text[index] == Self.newline { kept.append(text[index]) }
        index += 1
    }

    private func comes(_ word: String) -> Bool {
        var at = index
        for byte in word.utf8 {
            guard at < text.count, text[at] == byte else { return false }
            at += 1
        }
        return true
    }
}
