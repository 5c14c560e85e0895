/// A Lua script that connections load before they are ready. Compared by identity: keep one instance for each script.
public final class RedisScript: Sendable {
    /// For logs and metrics.
    public let name: String
    public let source: [UInt8]
    /// It writes nothing, and its source declares that to the store: it runs where writes are refused.
    public let isReadOnly: Bool

    public init(name: String, source: [UInt8], isReadOnly: Bool = false) {
        self.name = name
        self.source = source
        self.isReadOnly = isReadOnly
    }

    /// The source as a connection loads it: behind the line with the flags come its `constants`, a line of Lua or none.
    func source(with constants: [UInt8]) -> [UInt8] {
        guard !constants.isEmpty else { return source }
        let start = source.starts(with: "#!".utf8) ? (source.firstIndex(of: UInt8(ascii: "\n")) ?? -1) + 1 : 0
        return source[..<start] + constants + source[start...]
    }

    public convenience init(name: String, source: String) { self.init(name: name, source: Array(source.utf8)) }
}
