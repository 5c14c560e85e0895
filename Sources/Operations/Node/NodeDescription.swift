import Base
public import Domain

// DESIGN
// The list of nodes is read by processes of two releases at once, while an upgrade runs. So the reader takes the fields
// that are judged and skips all others, and a field that is missing is no error.

/// How a process describes itself in the list of nodes: one JSON object, written and read here alone.
public struct NodeDescription: Sendable, Equatable {
    public struct Figure: Sendable, Equatable {
        let name: StaticString
        let value: Int64

        public static func == (left: Figure, right: Figure) -> Bool {
            left.name.matches(right.name) && left.value == right.value
        }
    }

    public struct Sink: Sendable, Equatable {
        public var kind: String
        public var group: String?

        public init(kind: String, group: String?) {
            self.kind = kind
            self.group = group
        }
    }

    public var id: String
    public var role: String
    public var pid: Int64
    public var version = BuildVersion.current
    public var commit = BuildVersion.commit
    public var isReady: Bool
    /// Why it isn't.
    public var reasons: [String] = []
    public var http: String?
    public var admin: String?
    public var ops: String?
    public var figures: [Figure] = []
    /// Where its pid counts: this boot of the machine and its space of process ids.
    public var machine: String?
    /// The name of the store's data.
    public var store: String?
    /// Fingerprints of its ticket keys, two during a rotation; nil where the process has no such field.
    public var keys: [String]?
    public var sink: Sink?
    /// Of a leader: what it measured of workers and of groups, groups first.
    public var resources: [NodeResource]?
    /// Of a leader: longest first.
    public var stalled: [ClusterFacts.Stall]?
    /// Of a leader: webhooks that do not stand as they should.
    public var webhooks: [ClusterFacts.Webhook]?
    /// Only read: no process of this release writes it.
    public var fingerprints: [ClusterFacts.Fingerprint] = []

    public init(id: String, role: String, pid: Int64 = RunningProcess.id, isReady: Bool) {
        self.id = id
        self.role = role
        self.pid = pid
        self.isReady = isReady
    }

    public mutating func add(_ figure: StaticString, _ value: Int64) {
        figures.append(Figure(name: figure, value: value))
    }

    /// Nil where it has none of this name.
    public func figure(_ name: StaticString) -> Int64? { figures.first { $0.name.matches(name) }?.value }

    // MARK: Writing

    public var json: String {
        var buffer = ByteBuffer(capacity: 512)
        buffer.appendJSON { json in
            json.beginObject()
            json.field("id", id)
            json.field("name", id)
            json.field("role", role)
            json.field("pid", pid)
            json.field("version", version)
            json.field("commit", commit)
            json.field("ready", isReady)
            json.array("reasons", reasons) { json, reason in json.string(reason) }
            for (name, address) in [("http", http), ("admin", admin), ("ops", ops)] as [(StaticString, String?)] {
                if let address { json.field(name, address) }
            }
            json.key("figures")
            json.beginObject()
            for figure in figures { json.field(figure.name, figure.value) }
            json.endObject()
            writeParticulars(to: &json)
            json.endObject()
        }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// What one role has and the others have not.
    private func writeParticulars(to json: inout JSONWriter) {
        if let machine { json.field("machine", machine) }
        if let store { json.field("store", store) }
        if let keys { json.array("keys", keys) { json, key in json.string(key) } }
        if let sink {
            json.field("sink", sink.kind)
            json.field("sink_group", sink.group)
        }
        if let resources { json.array("resources", resources) { json, resource in resource.write(to: &json) } }
        if let stalled {
            json.array("stalled", stalled) { json, stall in
                json.beginObject()
                json.field("item", stall.item)
                json.field("ms", stall.milliseconds)
                json.endObject()
            }
        }
        if let webhooks { json.array("webhooks", webhooks) { json, webhook in webhook.write(to: &json) } }
    }
}
