import Base

/// Sets of ASCII characters, as bits of one table.
enum CharacterSet: UInt8, Sendable {
    /// `token` of RFC 9110, 5.6.2: methods and field names.
    case token = 1
    /// Whatever a path or query may hold by RFC 3986: `pchar`, "/" and "?".
    case target = 2
    /// A registered name or IPv4 address: unreserved characters and "%".
    case hostName = 4

    // The digit of each byte below 0x80 is the sum of the sets that it is in.
    @inline(__always)
    private var table: StaticString {
        """
        00000000000000000000000000000000\
        03013733223327727777777777220202\
        27777777777777777777777777700017\
        17777777777777777777777777701070
        """
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        unsafe byte < 0x80 && table.utf8Start[Int(byte)] & rawValue != 0
    }

    /// Whether `bytes[range]` is a token: one character or more, all of them of that set.
    static func isToken(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        precondition(range.upperBound <= bytes.count)
        for index in range where unsafe !token.contains(bytes[unchecked: index]) { return false }
        return !range.isEmpty
    }

    /// Whether `bytes[range]` may all stand in a target, by the table's answers, and where the first "?" is; at the end
    /// where there is none.
    @inline(__always)
    static func scanTarget(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (isClean: Bool, question: Int) {
        let plain = SixteenBytes.first(in: bytes, range) { ~usual($0) }
        return plain < range.upperBound ? scanUnusual(bytes, plain..<range.upperBound) : (true, plain)
    }

    @inline(never)
    private static func scanUnusual(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (isClean: Bool, question: Int) {
        let question = SixteenBytes.first(in: bytes, range) {
            foreign($0) | $0.equal(to: UInt8(ascii: "?"))
        }
        guard question < range.upperBound else { return (true, question) }
        let end = SixteenBytes.first(in: bytes, question..<range.upperBound) { foreign($0) }
        return (end == range.upperBound, question)
    }

    /// Marks letters, digits and `-./_~`, of which most targets are made.
    @inline(__always)
    private static func usual(_ block: SixteenBytes) -> SIMD16<UInt8> {
        letters(block) | block.within(0x2D...0x39) | block.equal(to: 0x5F) | block.equal(to: 0x7E)
    }

    @inline(__always)
    private static func letters(_ block: SixteenBytes) -> SIMD16<UInt8> {
        SixteenBytes(block.lanes | SIMD16(repeating: 0x20)).within(0x61...0x7A)
    }

    /// Where in `range` the first byte is that may not stand in a registered name, by the table's answers.
    static func endOfHostName(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        SixteenBytes.first(in: bytes, range) { ~hostName($0) }
    }

    /// Marks letters, digits and `-._~%`.
    @inline(__always)
    private static func hostName(_ block: SixteenBytes) -> SIMD16<UInt8> {
        usual(block) & ~block.equal(to: 0x2F) | block.equal(to: 0x25)
    }

    /// Marks bytes outside of "!" to "~", and those of `"#<>[\]^` and the others that RFC 3986 excludes.
    @inline(__always)
    private static func foreign(_ block: SixteenBytes) -> SIMD16<UInt8> {
        let pointed = SixteenBytes(block.lanes | SIMD16(repeating: 0x02)).equal(to: 0x3E)  // < and >, two bits apart
        let low = block.within(0x22...0x23) | pointed
        let high = block.within(0x5B...0x5E) | block.equal(to: 0x60) | block.within(0x7B...0x7D)
        return ~block.within(0x21...0x7E) | low | high
    }
}

extension Span<UInt8> {
    /// `range` without the spaces and tabs at both ends.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}
