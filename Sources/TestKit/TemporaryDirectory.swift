import Foundation

/// A fresh directory that goes away with this value.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        // Short on purpose: the path of a unix socket may have 107 bytes.
        path = "/tmp/sluice-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file only its owner may read, as the programs require of secrets.
    public func write(_ text: String, to name: String) throws -> String {
        let path = file(name)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }
}
