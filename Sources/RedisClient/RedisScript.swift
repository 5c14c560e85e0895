/// A Lua script that connections load before they are ready. Told apart by identity: keep one instance for each script.
package final class RedisScript: Sendable {
    /// For logs and metrics.
    package let name: String
    package let source: [UInt8]

    package init(name: String, source: [UInt8]) {
        self.name = name
        self.source = source
    }

    package convenience init(name: String, source: String) { self.init(name: name, source: Array(source.utf8)) }
}
