package import Base

/// An answer being put together in memory that the server owns and uses again: nothing here allocates once it is warm.
///
/// The server adds the status line, Date, Content-Length and Connection itself.
package struct Response {
    /// One of the statuses that `StatusLine` knows.
    package var status = 200
    /// Sent as it is, except to HEAD and with 204 and 304, which have none.
    package var body = ByteBuffer(capacity: 1024)
    private(set) var fields = ByteBuffer(capacity: 512)

    init() {}

    mutating func clear() {
        status = 200
        body.clear()
        fields.clear()
    }

    package mutating func contentType(_ type: StaticString) { field("Content-Type: ", type) }

    /// Appends a whole header line, given without its end: `"Cache-Control: no-store"`.
    package mutating func field(_ line: StaticString) {
        fields.append(line)
        endLine()
    }

    /// Appends a header line in two pieces: `field("Location: /v1/tickets/", ticket)`.
    package mutating func field(_ line: StaticString, _ value: StaticString) {
        fields.append(line)
        fields.append(value)
        endLine()
    }

    /// The same with bytes from elsewhere; control bytes, which would begin a line of their own, become spaces.
    package mutating func field(_ line: StaticString, _ value: Span<UInt8>) {
        field(line) { $0.append(value) }
    }

    package mutating func field(_ line: StaticString, _ value: [UInt8]) {
        field(line) { $0.append(value) }
    }

    package mutating func field(_ line: StaticString, _ value: String) {
        field(line) { $0.append(utf8: value) }
    }

    package mutating func field(_ line: StaticString, _ value: Int) {
        fields.append(line)
        fields.append(decimal: value)
        endLine()
    }

    /// The same with a value of several pieces, which `build` appends.
    package mutating func field(_ line: StaticString, _ build: (inout ByteBuffer) -> Void) {
        fields.append(line)
        let start = fields.count
        build(&fields)
        let firstControl = fields.bytes[start...].firstIndex(where: Self.isControl)
        if let firstControl { blankControls(from: firstControl) }
        endLine()
    }

    private mutating func blankControls(from start: Int) {
        for index in start..<fields.count where Self.isControl(fields.bytes[index]) {
            fields.set(UInt8(ascii: " "), at: index)
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    private mutating func endLine() { fields.append("\r\n") }
}
