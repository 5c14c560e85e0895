/// Which server process answered: a new `runID` means a restart, and so maybe another history of the data.
public struct ServerIdentity: Sendable, Equatable {
    public let runID: String  // 40 hexadecimal digits
    public let version: String
    public let mode: String  // standalone, sentinel or cluster

    /// Reads the reply of `INFO server`; nil when it lacks a run id or a version.
    public init?(info: [UInt8]) {
        let fields = Self.fields(of: info, named: ["run_id", "redis_version", "redis_mode"])
        guard let runID = fields["run_id"], let version = fields["redis_version"] else { return nil }
        self.runID = runID
        self.version = version
        mode = fields["redis_mode"] ?? "standalone"
    }
    /// What the reply of `INFO replication` says: `master` or `slave`; nil when it says neither.
    static func role(info: [UInt8]) -> String? {
        fields(of: info, named: ["role"])["role"].flatMap { ["master", "slave"].contains($0) ? $0 : nil }
    }

    private static func fields(of info: [UInt8], named names: [String]) -> [String: String] {
        var fields: [String: String] = [:]
        for line in info.split(whereSeparator: { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self)
            guard names.contains(name) else { continue }
            fields[name] = String(decoding: line[(colon + 1)...], as: UTF8.self)
        }
        return fields
    }
}
