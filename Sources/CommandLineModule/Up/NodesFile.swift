public import Operations

/// The text of `DIR/nodes.json`: which processes run, and their addresses.
public enum NodesFile {
    public struct Entry: Equatable, Sendable {
        public let node: Node
        public let pid: Int32
        public let addresses: ReadyLine

        public init(node: Node, pid: Int32, addresses: ReadyLine) {
            self.node = node
            self.pid = pid
            self.addresses = addresses
        }
    }

    public static func text(_ entries: [Entry]) -> String {
        let lines = entries.map { entry in
            JSONValue.object([
                "name": .string(entry.node.name), "role": .string(entry.node.role.rawValue),
                "pid": .integer(Int64(entry.pid)), "ops": value(entry.addresses.ops),
                "http": value(entry.addresses.http), "admin": value(entry.addresses.admin),
            ]).text
        }
        return "[\n" + lines.map { "  \($0)" }.joined(separator: ",\n") + "\n]\n"
    }

    private static func value(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
