import Base

/// What was found from a line's start on.
enum LineEnd: Equatable {
    /// CR LF, the CR at this index.
    case found(Int)
    /// No end yet; nothing before this index needs to be scanned again.
    case incomplete(Int)
    /// A bare CR or LF, a NUL or another control byte.
    case strayByte
    /// No end within the limit.
    case tooLong
}

/// Finds line ends, sixteen bytes at a time.
enum LineScanner {
    /// Finds CR LF in `bytes[start..<limit]`. Only bytes below `limit` are scanned, however many there are, so the
    /// answer does not depend on how the bytes were cut.
    @inline(__always)
    static func scan(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> LineEnd {
        let end = min(bytes.count, limit)
        var index = start
        while index < end {
            index = SixteenBytes.first(in: bytes, index..<end) { $0.controls }
            guard index < end else { break }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\r") {
                if index + 1 < end { return bytes[index + 1] == UInt8(ascii: "\n") ? .found(index) : .strayByte }
                break
            }
            if byte != UInt8(ascii: "\t") { return .strayByte }
            index += 1
        }
        return bytes.count >= limit ? .tooLong : .incomplete(index)
    }
}
