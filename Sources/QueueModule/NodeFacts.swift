import Base
import Domain

// Reads what a process says of itself, as far as it is judged. What is unknown is skipped: processes of two releases
// run side by side.
extension ClusterFacts.Node {
    /// Nil when `json` is no such description.
    init?(json: String, isAlive: Bool) {
        var node = ClusterFacts.Node(id: "", role: nil)
        do throws(JSONError) {
            let bytes = Array(json.utf8)
            try JSONReader.read(bytes.span) { (reader) throws(JSONError) in try node.read(&reader) }
        } catch {
            return nil
        }
        guard !node.id.isEmpty else { return nil }
        node.isAlive = isAlive
        self = node
    }

    private mutating func read(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "id") {
                id = json.copy(try json.string())
            } else if json.matches(key, "role") {
                role = Role(rawValue: json.copy(try json.string()))
            } else if json.matches(key, "version") {
                version = json.copy(try json.string())
            } else if json.matches(key, "commit") {
                commit = json.copy(try json.string())
            } else if json.matches(key, "ready") {
                isReady = try json.bool()
            } else if json.matches(key, "reasons") {
                try json.forEach { (json) throws(JSONError) in reasons.append(json.copy(try json.string())) }
            } else if json.matches(key, "keys") {
                try json.forEach { (json) throws(JSONError) in keys.append(json.copy(try json.string())) }
            } else if json.matches(key, "store") {
                let name = json.copy(try json.string())
                if !name.isEmpty { fingerprints.append(ClusterFacts.Fingerprint("the store", name)) }
            } else if json.matches(key, "figures") {
                try readFigures(&json)
            } else if json.matches(key, "resources") {
                try json.forEach { (json) throws(JSONError) in try readResource(&json) }
            } else if json.matches(key, "stalled") {
                try json.forEach { (json) throws(JSONError) in try readStall(&json) }
            } else if json.matches(key, "fingerprints") {
                try readFingerprints(&json)
            } else {
                try json.skip()
            }
        }
    }

    private mutating func readFigures(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "leads") {
                leads = try json.integer() == 1
            } else if json.matches(key, "workers") {
                liveWorkers = try json.integer()
            } else if json.matches(key, "led_ms") {
                ledFor = .milliseconds(try json.integer())
            } else {
                try json.skip()
            }
        }
    }

    private mutating func readResource(_ json: inout JSONReader) throws(JSONError) {
        var (name, isGroup, isShut) = ("", false, false)
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "name") {
                name = json.copy(try json.string())
            } else if json.matches(key, "kind") {
                isGroup = json.copy(try json.string()) == "group"
            } else if json.matches(key, "breaker") {
                if try !json.null() { isShut = json.copy(try json.string()) != "closed" }
            } else {
                try json.skip()
            }
        }
        if isGroup { groups.append(ClusterFacts.Group(name: name, isShut: isShut)) }
    }

    private mutating func readStall(_ json: inout JSONReader) throws(JSONError) {
        var stall = ClusterFacts.Stall(item: "", milliseconds: 0)
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "item") {
                stall.item = json.copy(try json.string())
            } else if json.matches(key, "ms") {
                stall.milliseconds = try json.integer()
            } else {
                try json.skip()
            }
        }
        stalled.append(stall)
    }

    private mutating func readFingerprints(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while let key = try json.nextKey() {
            let name = json.copy(key)
            fingerprints.append(ClusterFacts.Fingerprint(name, json.copy(try json.string())))
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
