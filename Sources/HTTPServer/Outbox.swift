import Base

/// Output that is to be sent: a connection's piece of the outbox, which begins where the piece before ends.
struct Sealed {
    let connection: HeldConnection
    let end: Int
}

/// Answers of many connections, one behind the other. What lies behind the last piece has no owner yet.
@safe struct Outbox: ~Copyable {
    private var bytes: ByteBuffer
    private(set) var pieces: [Sealed] = []
    private var sealed = 0

    init(capacity: Int) { bytes = ByteBuffer(capacity: capacity) }

    var count: Int { bytes.count }

    var isSealed: Bool { sealed == bytes.count }

    func bytes(of place: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: bytes.written(from: 0)[place])
    }

    /// Appends a whole answer. One call for all of its pieces, because each call from a class checks for exclusive
    /// access.
    mutating func append(
        _ response: borrowing Response, date: borrowing ByteBuffer, isHead: Bool, keepsAlive: Bool, isHTTP10: Bool
    ) {
        bytes.append(StatusLine.text(response.status))
        bytes.append(date)
        bytes.append(response.fields)
        if !keepsAlive {
            bytes.append("Connection: close\r\n")
        } else if isHTTP10 {
            bytes.append("Connection: keep-alive\r\n")
        }
        if response.status == 204 || response.status == 304 { return bytes.append("\r\n") }
        bytes.append("Content-Length: ")
        bytes.append(decimal: response.body.count)
        bytes.append("\r\n\r\n")
        if !isHead { bytes.append(response.body) }
    }

    /// Appends the head of an answer whose body follows in parts.
    mutating func appendHead(
        _ response: borrowing Response, date: borrowing ByteBuffer, keepsAlive: Bool, isHTTP10: Bool
    ) {
        bytes.append(StatusLine.text(response.status))
        bytes.append(date)
        bytes.append(response.fields)
        if !keepsAlive { bytes.append("Connection: close\r\n") }
        if !isHTTP10 { bytes.append("Transfer-Encoding: chunked\r\n") }
        bytes.append("\r\n")
    }

    /// Appends a part of a body, as one chunk; HTTP/1.0 knows none. An empty chunk would be the end.
    mutating func appendPart(_ part: borrowing ByteBuffer, isLast: Bool, isHTTP10: Bool) {
        if isHTTP10 { return bytes.append(part) }
        if part.count > 0 {
            appendHexadecimal(part.count)
            bytes.append("\r\n")
            bytes.append(part)
            bytes.append("\r\n")
        }
        if isLast { bytes.append("0\r\n\r\n") }
    }

    private mutating func appendHexadecimal(_ value: Int) {
        var shift = (Int.bitWidth - 1 - value.leadingZeroBitCount) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 0xF
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            shift -= 4
        }
    }

    mutating func appendContinue() { bytes.append("HTTP/1.1 100 Continue\r\n\r\n") }

    /// Makes what was appended since the last call the connection's.
    mutating func seal(for connection: HeldConnection) {
        guard !isSealed else { return }
        sealed = bytes.count
        pieces.append(Sealed(connection: connection, end: sealed))
    }

    /// All pieces were sent or kept by their connections.
    mutating func clear() {
        precondition(isSealed, "output without an owner would be lost")
        pieces.removeAll(keepingCapacity: true)
        bytes.clear()
        sealed = 0
    }
}
