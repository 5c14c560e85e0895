import Base

/// Events as they stand in a stream (WHATWG HTML, 9.2).
enum EventText {
    /// Begins an event; its id follows, then `data`, then one line of data, then `end`.
    static func begin(_ name: StaticString, in text: inout ByteBuffer) {
        text.append("event: ")
        text.append(name)
        text.append("\nid: ")
    }

    static func data(in text: inout ByteBuffer) { text.append("\ndata: ") }

    static func end(in text: inout ByteBuffer) { text.append("\n\n") }

    /// After how many milliseconds a client whose stream was cut comes back. No event for it, so it is a heartbeat too.
    static func retry(_ milliseconds: Int64, in text: inout ByteBuffer) {
        text.append("retry: ")
        text.append(decimal: milliseconds)
        text.append("\n\n")
    }

    /// An event that has no id: a client that comes back is shown again.
    ///
    /// - Parameter ticket: the one it is about; empty where it is about none.
    static func problem(_ problem: Problem, ticket: [UInt8] = [], in text: inout ByteBuffer) {
        text.append("event: problem\ndata: ")
        text.appendJSON { problem.write(to: &$0, ticket: ticket) }
        text.append("\n\n")
    }
}
