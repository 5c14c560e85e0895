public import Base

/// What a process tells the others of itself, for the list of nodes: one JSON object.
public struct NodeDescription {
    public var id: String
    public var role: String
    public var pid: Int
    public var addresses: [(StaticString, String)]
    public var isReady: Bool
    /// Why it isn't.
    public var reasons: [String] = []
    public var figures: [(StaticString, Int64)]

    /// Further fields of the object.
    private let more: ((inout JSONWriter) -> Void)?

    public init(
        id: String, role: String, pid: Int, addresses: [(StaticString, String)], isReady: Bool,
        reasons: [String] = [], figures: [(StaticString, Int64)], more: ((inout JSONWriter) -> Void)? = nil
    ) {
        self.more = more
        self.id = id
        self.role = role
        self.pid = pid
        self.addresses = addresses
        self.isReady = isReady
        self.reasons = reasons
        self.figures = figures
    }

    public var json: String {
        var buffer = ByteBuffer(capacity: 512)
        buffer.appendJSON { json in
            json.beginObject()
            json.field("id", id)
            json.field("name", id)
            json.field("role", role)
            json.field("pid", Int64(pid))
            json.field("version", BuildVersion.current)
            json.field("commit", BuildVersion.commit)
            json.field("ready", isReady)
            json.key("reasons")
            json.beginArray()
            for reason in reasons { json.string(reason) }
            json.endArray()
            for (name, address) in addresses { json.field(name, address) }
            json.key("figures")
            json.beginObject()
            for (name, value) in figures { json.field(name, value) }
            json.endObject()
            more?(&json)
            json.endObject()
        }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
