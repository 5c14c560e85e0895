import Domain

/// Reads the words of a grant or a report: rows end with a line feed, words with a space; empty ones don't count.
///
/// Numbers are read from the bytes as they stand: a scheduler reads ten thousands of reports a second.
struct MessageReader {
    private let bytes: [UInt8]
    private var next = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Goes to the next row with a word in it; false at the end, and where words are left in this one.
    mutating func nextRow() -> Bool {
        var isAtEnd = next == 0
        while next < bytes.count {
            if bytes[next] == UInt8(ascii: "\n") {
                isAtEnd = true
            } else if bytes[next] != UInt8(ascii: " ") {
                return isAtEnd
            }
            next += 1
        }
        return false
    }

    /// Whether a word is left in this row.
    mutating func hasWord() -> Bool {
        while next < bytes.count, bytes[next] == UInt8(ascii: " ") { next += 1 }
        return next < bytes.count && bytes[next] != UInt8(ascii: "\n")
    }

    /// Whether all was read.
    mutating func isDone() -> Bool {
        while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\n") { next += 1 }
        return next == bytes.count
    }

    /// The next byte, still unread; nil at the end.
    var peek: UInt8? { next < bytes.count ? bytes[next] : nil }

    mutating func skipByte() { next += 1 }

    /// The next word of this row; nil where there is none.
    mutating func word() -> String? {
        guard hasWord() else { return nil }
        let start = next
        while next < bytes.count, bytes[next] != UInt8(ascii: " "), bytes[next] != UInt8(ascii: "\n") { next += 1 }
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    /// The next word of this row as an incarnation: 16 hex digits; nil where there is no word, or another one.
    mutating func incarnation() -> UInt64? {
        guard let word = word(), word.utf8.count == 16, word.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            return nil
        }
        return UInt64(word, radix: 16)
    }

    /// Skips the next word of this row where it is this one byte.
    mutating func skipWord(_ byte: UInt8) -> Bool {
        guard hasWord(), bytes[next] == byte else { return false }
        let end = next + 1
        guard end == bytes.count || bytes[end] == UInt8(ascii: " ") || bytes[end] == UInt8(ascii: "\n") else {
            return false
        }
        next = end
        return true
    }

    /// The next word of this row as a number in `range`; nil where there is no word, or another one.
    mutating func number(in range: ClosedRange<Int64> = Limits.reported) -> Int64? {
        guard hasWord() else { return nil }
        var value: Int64 = 0
        let start = next
        while next < bytes.count, bytes[next] != UInt8(ascii: " "), bytes[next] != UInt8(ascii: "\n") {
            // Eighteen digits can't overflow; a longer number is none that this engine writes.
            guard bytes[next] >= UInt8(ascii: "0"), bytes[next] <= UInt8(ascii: "9"), next - start < 18 else {
                return nil
            }
            value = value * 10 + Int64(bytes[next] - UInt8(ascii: "0"))
            next += 1
        }
        return range.contains(value) ? value : nil
    }
}
