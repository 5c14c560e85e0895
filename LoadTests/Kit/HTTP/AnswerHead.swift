// DESIGN
// A generator that costs more than the server it loads measures itself. So where `Response` checks every byte and
// builds values, this reads a head once, in place, and keeps five numbers. A rush stays strict; here speed counts.

/// The few numbers of an answer's head that a load generator acts on.
public struct AnswerHead: Sendable, Equatable {
    /// 200...599.
    public var status: Int
    /// Bytes of the head with its empty line.
    public var length = 0
    /// Bytes of the body.
    public var bodyCount = 0
    /// Whole seconds, nil when the answer names none.
    public var retryAfterSeconds: Int64?
    /// The server will close the connection after this answer.
    public var isLast = false

    public init(status: Int) { self.status = status }

    /// Bytes of the whole answer.
    var total: Int { length + bodyCount }

    /// Reads the head at the start of `bytes`, nil while its end has not come. O(head).
    public static func parse(_ bytes: Span<UInt8>) throws(MalformedResponse) -> AnswerHead? {
        guard bytes.count >= 16 else { return nil }
        guard bytes[0] == 0x48, bytes[7] == 0x31, bytes[8] == 0x20, let status = digits(bytes, from: 9, to: 12) else {
            throw MalformedResponse("status line")
        }
        var head = AnswerHead(status: status)
        var start = 0
        var hasLength = false
        while let end = lineEnd(bytes, from: start) {
            if end == start {
                head.length = end + 2
                guard hasLength || status == 204 || status == 304 else { throw MalformedResponse("no Content-Length") }
                return head
            }
            if start > 0 { try head.note(bytes, start, end, &hasLength) }
            start = end + 2
        }
        guard bytes.count <= Response.headLimit else { throw MalformedResponse("head over the limit") }
        return nil
    }

    /// Where the CR of the line that begins at `start` is, nil while its LF has not come.
    private static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var at = start
        while at + 1 < bytes.count {
            if bytes[at] == 0x0D, bytes[at + 1] == 0x0A { return at }
            at += 1
        }
        return nil
    }

    private mutating func note(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ hasLength: inout Bool
    ) throws(MalformedResponse) {
        let first = bytes[start] | 0x20
        // Only names that begin so are looked at: c, r, t.
        guard first == 0x63 || first == 0x72 || first == 0x74 else { return }
        if Self.begins(bytes, start, end, with: Self.contentLength) {
            let value = Self.skipSpaces(bytes, start + Self.contentLength.count, end)
            guard !hasLength, let count = Self.digits(bytes, from: value, to: end),
                count <= Response.bodyLimit
            else { throw MalformedResponse("Content-Length") }
            bodyCount = count
            hasLength = true
        } else if Self.begins(bytes, start, end, with: Self.retryAfter) {
            let value = Self.skipSpaces(bytes, start + Self.retryAfter.count, end)
            guard let seconds = Self.digits(bytes, from: value, to: end) else {
                throw MalformedResponse("Retry-After is no number")
            }
            retryAfterSeconds = Int64(seconds)
        } else if Self.begins(bytes, start, end, with: Self.connectionClose) {
            isLast = true
        } else if Self.begins(bytes, start, end, with: Self.transferEncoding) {
            throw MalformedResponse("a transfer coding")
        }
    }

    private static func begins(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, with name: [UInt8]) -> Bool {
        guard end - start >= name.count else { return false }
        for index in name.indices {
            let byte = bytes[start + index]
            // Bit 5 lowers letters; a hyphen, a colon and a space have it already.
            guard byte | 0x20 == name[index] else { return false }
        }
        return true
    }

    private static func skipSpaces(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var at = start
        while at < end, bytes[at] == 0x20 { at += 1 }
        return at
    }

    /// At most nine digits and nothing else.
    private static func digits(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        guard (1...9).contains(end - start) else { return nil }
        var value = 0
        for at in start..<end {
            guard (0x30...0x39).contains(bytes[at]) else { return nil }
            value = value * 10 + Int(bytes[at] - 0x30)
        }
        return value
    }

    private static let contentLength = Array("content-length:".utf8)
    private static let retryAfter = Array("retry-after:".utf8)
    private static let connectionClose = Array("connection: close".utf8)
    private static let transferEncoding = Array("transfer-encoding:".utf8)
}
