public import Domain
import RedisClient

// The calls of processes that watch the engine.
extension Store {
    /// The node that leads; empty: none does.
    public func leader(completion: @escaping StoreCompletion<String>) {
        command(["GET", ControlKeys.leader], completion) { String(decoding: $0.bytes ?? [], as: UTF8.self) }
    }

    /// Names of items, about `Limits.itemsListed` of them where there are more: each of several calls gets others,
    /// and none takes the store more than a moment.
    ///
    /// - Parameter cursor: `next` of the call before; "0" begins.
    public func someItemNames(
        from cursor: String, completion: @escaping StoreCompletion<(names: [ItemName], next: String)>
    ) {
        command(["SSCAN", ControlKeys.items, cursor, "COUNT", "\(Limits.itemsListed)"], completion) { value in
            guard let parts = value.array, parts.count == 2, let next = parts[0].bytes, let names = parts[1].names
            else {
                return nil
            }
            return (names, String(decoding: next, as: UTF8.self))
        }
    }

    /// Whether the store's own writes to its disk succeed.
    public func persistence(completion: @escaping StoreCompletion<StorePersistence>) {
        command(["INFO", "persistence"], completion) {
            $0.bytes.map { StorePersistence(fields: RedisInfo.fields(of: $0)) }
        }
    }
}

/// The store's report on its disk.
public struct StorePersistence: Sendable, Equatable {
    public var hasLog = false
    /// Writes to the append-only file that were late, since the store began.
    public var lateSyncs: Int64 = 0
    /// What failed last, in words; empty while all is well.
    public var errors: [String] = []

    public init() {}

    /// From the fields of `INFO persistence`.
    init(fields: [String: String]) {
        hasLog = fields["aof_enabled"] == "1"
        lateSyncs = fields["aof_delayed_fsync"].flatMap { Int64($0) } ?? 0
        if hasLog, let status = fields["aof_last_write_status"], status != "ok" {
            errors.append("the last write to the append-only file failed (\(status))")
        }
        if hasLog, let status = fields["aof_last_bgrewrite_status"], status != "ok" {
            errors.append("the last rewrite of the append-only file failed (\(status))")
        }
        if let status = fields["rdb_last_bgsave_status"], status != "ok" {
            errors.append("the last snapshot failed (\(status))")
        }
    }
}
