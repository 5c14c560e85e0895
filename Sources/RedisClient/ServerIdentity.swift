/// Which server process answered: a new `runID` means a restart, and so maybe another history of the data.
public struct ServerIdentity: Sendable, Equatable {
    public let runID: String  // 40 hexadecimal digits
    public let version: String
    public let mode: String  // standalone, sentinel or cluster

    /// Reads the reply of `INFO server`; nil when it lacks a run id or a version.
    public init?(info: [UInt8]) {
        let fields = RedisInfo.fields(of: info)
        guard let runID = fields["run_id"], let version = fields["redis_version"] else { return nil }
        self.runID = runID
        self.version = version
        mode = fields["redis_mode"] ?? "standalone"
    }

    /// The role in the reply of `INFO replication`: `master` or `slave`; nil when it is neither.
    static func role(info: [UInt8]) -> String? {
        RedisInfo.fields(of: info)["role"].flatMap { ["master", "slave"].contains($0) ? $0 : nil }
    }
}

/// The reply of `INFO`, a line `name:value` for each field.
public enum RedisInfo {
    public static func fields(of info: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for line in String(decoding: info, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        return fields
    }
}
