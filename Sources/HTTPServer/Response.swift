public import Base

/// An answer that is being built in memory that the server owns and uses again: once warm, nothing here allocates.
///
/// The server adds the status line, Date, Content-Length and Connection itself.
public struct Response: ~Copyable {
    /// One of the statuses that `StatusLine` knows.
    public var status = 200
    /// Sent as it is, except to HEAD and with 204 and 304, which have none.
    public var body = ByteBuffer(capacity: 1024)
    private(set) var fields = ByteBuffer(capacity: 512)

    init() {}

    /// Begins anew: nothing was filled in.
    public mutating func clear() {
        status = 200
        body.clear()
        fields.clear()
    }

    public mutating func contentType(_ type: StaticString) { field("Content-Type: ", type) }

    /// Appends a whole header line, given without its end: `"Cache-Control: no-store"`.
    public mutating func field(_ line: StaticString) {
        fields.append(line)
        endLine()
    }

    /// Appends a header line in two pieces: `field("Location: /v1/tickets/", ticket)`.
    public mutating func field(_ line: StaticString, _ value: StaticString) {
        fields.append(line)
        fields.append(value)
        endLine()
    }

    /// The same with other bytes; control bytes, which would begin a line of their own, become spaces.
    public mutating func field(_ line: StaticString, _ value: Span<UInt8>) {
        field(line) { $0.append(value) }
    }

    /// The same with letters, digits, `-` and `_` only, as tickets are.
    public mutating func field(_ line: StaticString, letters: Span<UInt8>) {
        fields.append(line)
        fields.append(letters)
        endLine()
    }

    public mutating func field(_ line: StaticString, _ value: [UInt8]) {
        field(line) { $0.append(value) }
    }

    public mutating func field(_ line: StaticString, _ value: String) {
        field(line) { $0.append(utf8: value) }
    }

    public mutating func field(_ line: StaticString, _ value: Int) {
        fields.append(line)
        fields.append(decimal: value)
        endLine()
    }

    /// The same with a value of several pieces, which `build` appends.
    public mutating func field(_ line: StaticString, _ build: (inout ByteBuffer) -> Void) {
        fields.append(line)
        let start = fields.count
        build(&fields)
        if let firstControl = fields.withSpan({ Self.firstControl($0, from: start) }) {
            blankControls(from: firstControl)
        }
        endLine()
    }

    private static func firstControl(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if isControl(bytes[index]) { return index }
            index += 1
        }
        return nil
    }

    private mutating func blankControls(from start: Int) {
        var next: Int? = start
        while let index = next {
            fields.set(UInt8(ascii: " "), at: index)
            next = fields.withSpan { Self.firstControl($0, from: index + 1) }
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// The value of the first line that begins with `name`, given with its colon and space; nil where there is none.
    public func value(of name: StaticString) -> [UInt8]? {
        fields.withSpan { bytes in
            var start = 0
            while let end = bytes.firstIndex(of: UInt8(ascii: "\r"), from: start) {
                let value = start + name.utf8CodeUnitCount
                if value <= end, bytes.holds(name, at: start) { return (value..<end).map { bytes[$0] } }
                start = end + 2
            }
            return nil
        }
    }

    private mutating func endLine() { fields.append("\r\n") }
}
