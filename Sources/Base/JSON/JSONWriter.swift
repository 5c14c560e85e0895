// DESIGN
// Commas are the writer's business and nothing else is: it keeps one flag, appends to the buffer it was lent, and makes
// no String in between. Nesting is counted, so an object left open traps in the first test instead of reaching a
// client.

/// Appends one JSON document to a `ByteBuffer`; see `ByteBuffer.appendJSON`.
public struct JSONWriter: ~Copyable {
    public enum Escaping: Sendable {
        /// What RFC 8259 requires: quotes, backslashes, U+0000...U+001F.
        case required
        /// Also whatever moves a terminal's cursor or hides and reorders text: for logs.
        case hostile
    }

    var buffer: ByteBuffer
    private let escaping: Escaping
    private var needsComma = false
    private(set) var depth = 0

    init(buffer: consuming ByteBuffer, escaping: Escaping) {
        self.buffer = buffer
        self.escaping = escaping
    }

    /// Bytes in the buffer, with those that were in it before.
    public var count: Int { buffer.count }

    // MARK: Containers

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a key; `name` must need no escaping. Its value comes next.
    public mutating func key(_ name: StaticString) {
        if needsComma { buffer.append(",\"") } else { buffer.append(UInt8(ascii: "\"")) }
        buffer.append(name)
        buffer.append("\":")
        needsComma = false
    }

    // MARK: Values

    public mutating func string(_ text: String) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.appendJSONEscaped(text.utf8.span, escaping: escaping)
        buffer.append(UInt8(ascii: "\""))
    }

    /// Writes UTF-8 as a string; each byte that is not part of well-formed UTF-8 becomes U+FFFD.
    public mutating func string(_ bytes: Span<UInt8>) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.appendJSONEscaped(bytes, escaping: escaping)
        buffer.append(UInt8(ascii: "\""))
    }

    /// Writes a string of which at most `limit` bytes, escapes included, appear between the quotes; a longer one is cut
    /// between two characters and ends with "…".
    public mutating func string(_ bytes: Span<UInt8>, limit: Int) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.appendJSONEscaped(bytes, escaping: escaping, limit: limit)
        buffer.append(UInt8(ascii: "\""))
    }

    /// Writes a constant that needs no escaping.
    public mutating func string(_ constant: StaticString) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(constant)
        buffer.append(UInt8(ascii: "\""))
    }

    public mutating func integer(_ value: Int64) {
        separate()
        buffer.append(decimal: value)
    }

    /// Writes a number of thousandths, as 1.5 for 1,500; whole ones without a point.
    public mutating func thousandths(_ value: Int64) {
        separate()
        if value < 0, value > -1_000 { buffer.append(UInt8(ascii: "-")) }
        buffer.append(decimal: value / 1_000)
        let (tenths, rest) = (value % 1_000).magnitude.quotientAndRemainder(dividingBy: 100)
        guard tenths > 0 || rest > 0 else { return }
        buffer.append(UInt8(ascii: "."))
        buffer.append(decimal: Int64(tenths))
        guard rest > 0 else { return }
        buffer.append(decimal: Int64(rest / 10))
        if rest % 10 > 0 { buffer.append(decimal: Int64(rest % 10)) }
    }

    public mutating func bool(_ value: Bool) {
        separate()
        buffer.append(value ? "true" : "false")
    }

    public mutating func null() {
        separate()
        buffer.append("null")
    }

    /// Writes the instant as an RFC 3339 string.
    public mutating func time(_ instant: WallInstant) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(rfc3339: instant)
        buffer.append(UInt8(ascii: "\""))
    }

    // MARK: Nesting

    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        buffer.append(bracket)
        needsComma = false
        depth += 1
    }

    private mutating func close(_ bracket: UInt8) {
        precondition(depth > 0, "nothing is open")
        buffer.append(bracket)
        needsComma = true
        depth -= 1
    }
}

extension ByteBuffer {
    /// Appends the one JSON document that `body` writes. Every object and array it begins, it must end.
    public mutating func appendJSON<Failure: Error>(
        escaping: JSONWriter.Escaping = .required, _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        var lent = ByteBuffer()
        swap(&lent, &self)
        var writer = JSONWriter(buffer: lent, escaping: escaping)
        defer { swap(&writer.buffer, &self) }
        try body(&writer)
        precondition(writer.depth == 0, "an object or array was left open")
    }
}
