import Base

/// The text of one event: one JSON object, one newline, no character that controls a terminal or hides text.
enum LogLine {
    /// Appends a line of at most `Log.lineLimit` bytes; fields that would not fit are replaced by `"cut":true`.
    static func append(
        to buffer: inout ByteBuffer, level: LogLevel, event: StaticString, node: String, fields: Log.Fields,
        wall: WallInstant
    ) {
        let start = buffer.count
        buffer.appendJSON(escaping: .hostile) { json in
            json.beginObject()
            json.key("time")
            json.time(wall)
            json.field("level", level.rawValue)
            json.field("event", constant: event)
            text("node", node, in: &json)
            for (name, value) in fields {
                // What one more field can take: comma, quoted name, colon, quoted value; then `,"cut":true}` and
                // newline.
                guard json.count - start + name.utf8CodeUnitCount + Log.fieldLimit + 20 <= Log.lineLimit else {
                    json.field("cut", true)
                    break
                }
                append(name, value, in: &json)
            }
            json.endObject()
        }
        buffer.append(UInt8(ascii: "\n"))
    }

    private static func append(_ name: StaticString, _ value: LogValue, in json: inout JSONWriter) {
        switch value {
        case .text(let value): text(name, value, in: &json)
        case .integer(let value): json.field(name, value)
        case .bool(let value): json.field(name, value)
        case .ticket(let ticket): text(name, ticket.prefix(6) + "…", in: &json)
        }
    }

    private static func text(_ name: StaticString, _ value: String, in json: inout JSONWriter) {
        json.key(name)
        json.string(value.utf8.span, limit: Log.fieldLimit)
    }
}
