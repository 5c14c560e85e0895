import Base
import Domain

extension NodeDescription {
    /// Nil for text that no process of ours wrote.
    public init?(json text: String) {
        var node = NodeDescription(id: "", role: "", pid: 0, isReady: true)
        (node.version, node.commit) = ("", "")
        let bytes = Array(text.utf8)
        do throws(JSONError) {
            try JSONReader.read(bytes.span) { (json) throws(JSONError) in
                try json.beginObject()
                while let key = try json.nextKey() { try node.read(key, from: &json) }
            }
        } catch {
            return nil
        }
        guard !node.id.isEmpty else { return nil }
        self = node
    }

    private mutating func read(_ key: JSONText, from json: inout JSONReader) throws(JSONError) {
        if json.matches(key, "id") {
            id = json.copy(try json.string())
        } else if json.matches(key, "role") {
            role = json.copy(try json.string())
        } else if json.matches(key, "pid") {
            pid = try json.integer()
        } else if json.matches(key, "version") {
            version = json.copy(try json.string())
        } else if json.matches(key, "commit") {
            commit = json.copy(try json.string())
        } else if json.matches(key, "ready") {
            isReady = try json.bool()
        } else if json.matches(key, "reasons") {
            try json.forEach { (json) throws(JSONError) in reasons.append(json.copy(try json.string())) }
        } else if json.matches(key, "http") {
            http = json.copy(try json.string())
        } else if json.matches(key, "figures") {
            try readFigures(&json)
        } else {
            try readParticular(key, from: &json)
        }
    }

    private mutating func readParticular(_ key: JSONText, from json: inout JSONReader) throws(JSONError) {
        if json.matches(key, "machine") {
            machine = json.copy(try json.string())
        } else if json.matches(key, "store") {
            store = json.copy(try json.string())
        } else if json.matches(key, "keys") {
            keys = []
            try json.forEach { (json) throws(JSONError) in keys?.append(json.copy(try json.string())) }
        } else if json.matches(key, "resources") {
            resources = []
            try json.forEach { (json) throws(JSONError) in resources?.append(try NodeResource(&json)) }
        } else if json.matches(key, "stalled") {
            stalled = []
            try json.forEach { (json) throws(JSONError) in stalled?.append(try ClusterFacts.Stall(&json)) }
        } else if json.matches(key, "webhooks") {
            webhooks = []
            try json.forEach { (json) throws(JSONError) in webhooks?.append(try ClusterFacts.Webhook(&json)) }
        } else if json.matches(key, "fingerprints") {
            try json.beginObject()
            while let name = try json.nextKey() {
                let name = json.copy(name)
                fingerprints.append(ClusterFacts.Fingerprint(name, json.copy(try json.string())))
            }
        } else {
            try json.skip()
        }
    }

    private static let judged: [StaticString] = ["leads", "workers", "led_ms", "clocks_apart_ms"]

    private mutating func readFigures(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        fields: while let key = try json.nextKey() {
            for name in Self.judged where json.matches(key, name) {
                add(name, try json.integer())
                continue fields
            }
            try json.skip()
        }
    }
}

extension ClusterFacts.Stall {
    fileprivate init(_ json: inout JSONReader) throws(JSONError) {
        self.init(item: "", milliseconds: 0)
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "item") {
                item = json.copy(try json.string())
            } else if json.matches(key, "ms") {
                milliseconds = try json.integer()
            } else {
                try json.skip()
            }
        }
    }
}

extension JSONReader {
    fileprivate mutating func forEach(
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try beginArray()
        while try nextElement() { try body(&self) }
    }
}
