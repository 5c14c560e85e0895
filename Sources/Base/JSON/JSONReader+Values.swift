extension JSONReader {
    /// An integer of up to 64 bits.
    ///
    /// `-0` is 0. `1.0` and `1e2` are refused: a buyer who writes them has a bug. `01` is not JSON.
    public mutating func integer(in range: ClosedRange<Int64> = Int64.min...Int64.max) throws(JSONError) -> Int64 {
        skipWhitespace()
        guard current == UInt8(ascii: "-") || Self.isDigit(current) else { throw mismatch(.integer) }
        let number = try scanNumber()
        guard number.isWhole else { throw failure(.expected(.integer)) }
        guard let value = number.value, range.contains(value) else { throw failure(.outOfRange(range)) }
        return value
    }

    public mutating func bool() throws(JSONError) -> Bool {
        skipWhitespace()
        if try literal("true") { return true }
        if try literal("false") { return false }
        throw mismatch(.boolean)
    }

    /// Skips `null` where it stands here; returns whether it did.
    public mutating func null() throws(JSONError) -> Bool {
        skipWhitespace()
        return try literal("null")
    }

    /// Reads `word` when its first letter stands here: no two literals begin alike.
    private mutating func literal(_ word: StaticString) throws(JSONError) -> Bool {
        guard unsafe word.utf8Start[0] == current else { return false }
        guard holds(word, at: position) else { throw failure(.malformed) }
        position += word.utf8CodeUnitCount
        return true
    }

    struct Number {
        /// No fraction and no exponent.
        var isWhole: Bool
        /// The value of a whole number, nil when 64 bits do not hold it.
        var value: Int64?
    }

    mutating func scanNumber() throws(JSONError) -> Number {
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var magnitude: UInt64 = 0
        var overflows = false
        let start = position
        while Self.isDigit(current) {
            let digit = UInt64(current - UInt8(ascii: "0"))
            let (tens, tooManyTens) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, tooMuch) = tens.addingReportingOverflow(digit)
            overflows = overflows || tooManyTens || tooMuch
            magnitude = sum
            position += 1
        }
        let digits = position - start
        guard digits > 0, digits == 1 || byte(at: start) != UInt8(ascii: "0") else { throw failure(.malformed) }
        var isWhole = true
        if current == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try scanDigits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try scanDigits()
        }
        guard isWhole, !overflows else { return Number(isWhole: isWhole, value: nil) }
        let limit = UInt64(Int64.max) + (isNegative ? 1 : 0)
        guard magnitude <= limit else { return Number(isWhole: true, value: nil) }
        let bits = Int64(bitPattern: magnitude)
        return Number(isWhole: true, value: isNegative ? 0 &- bits : bits)
    }

    private mutating func scanDigits() throws(JSONError) {
        guard Self.isDigit(current) else { throw failure(.malformed) }
        while Self.isDigit(current) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
