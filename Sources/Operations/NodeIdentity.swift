import Base
import Glibc

/// What a queue process says of itself in the list of nodes, by which one that starts later sees whether they fit.
public struct NodeIdentity: Sendable, Equatable {
    public var name: String
    public var role: String
    public var pid: Int64
    /// Where its pid counts: this boot of the machine and its space of process ids; empty: not said.
    public var machine: String
    /// Fingerprints of its ticket keys; empty: it has none, or says nothing of them.
    public var keys: [String]
    public var http: String
    public var isReady: Bool
    /// When it said so, ms of this machine's clock.
    public var describedAt: Int64

    public init(
        name: String, role: String, pid: Int64, machine: String, keys: [String], http: String, isReady: Bool,
        describedAt: Int64
    ) {
        self.name = name
        self.role = role
        self.pid = pid
        self.machine = machine
        self.keys = keys
        self.http = http
        self.isReady = isReady
        self.describedAt = describedAt
    }

    /// Nil for what no process of ours wrote.
    public init?(json text: String, describedAt: Int64) {
        self.init(
            name: "", role: "", pid: 0, machine: "", keys: [], http: "", isReady: false, describedAt: describedAt)
        let bytes = Array(text.utf8)
        do throws(JSONError) {
            self = try JSONReader.read(bytes.span) { [self] (json) throws(JSONError) in
                var identity = self
                try json.beginObject()
                while let key = try json.nextKey() { try identity.read(key, from: &json) }
                return identity
            }
        } catch {
            return nil
        }
    }

    private mutating func read(_ key: JSONText, from json: inout JSONReader) throws(JSONError) {
        if json.matches(key, "name") {
            name = json.copy(try json.string())
        } else if json.matches(key, "role") {
            role = json.copy(try json.string())
        } else if json.matches(key, "pid") {
            pid = try json.integer()
        } else if json.matches(key, "machine") {
            machine = json.copy(try json.string())
        } else if json.matches(key, "keys") {
            try json.beginArray()
            while try json.nextElement() { keys.append(json.copy(try json.string())) }
        } else if json.matches(key, "http") {
            http = json.copy(try json.string())
        } else if json.matches(key, "ready") {
            isReady = try json.bool()
        } else {
            try json.skip()
        }
    }

    /// This machine's own name for where pids count; empty where it says none.
    public static var thisMachine: String {
        guard case .content(let boot) = FileDescriptor.readFile("/proc/sys/kernel/random/boot_id", limit: 100) else {
            return ""
        }
        var space = [UInt8](repeating: 0, count: 64)
        let count = unsafe space.withUnsafeMutableBytes {
            unsafe readlink("/proc/self/ns/pid", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        let digits = space.prefix(max(0, count)).filter { (0x30...0x39).contains($0) }
        return String(decoding: boot.prefix(13) + [UInt8(ascii: "-")] + digits, as: UTF8.self)
    }
}
