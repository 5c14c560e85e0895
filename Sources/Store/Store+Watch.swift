public import Domain
import RedisClient

// What those who watch the engine ask the store.
extension Store {
    /// The node that holds the lead; empty: nobody does.
    public func leader(completion: @escaping StoreCompletion<String>) {
        command(["GET", ControlKeys.leader], completion) { String(decoding: $0.bytes ?? [], as: UTF8.self) }
    }

    /// Names of items, about `Limits.itemsLookedFor` of them where there are more: a few calls of it see others each
    /// time, none costs the store more than a moment.
    ///
    /// - Parameter cursor: what the call before handed on; "0" begins.
    public func someItemNames(
        from cursor: String, completion: @escaping StoreCompletion<(names: [ItemName], next: String)>
    ) {
        command(["SSCAN", ControlKeys.items, cursor, "COUNT", "\(Limits.itemsLookedFor)"], completion) { value in
            guard let parts = value.array, parts.count == 2, let next = parts[0].bytes, let names = parts[1].names
            else {
                return nil
            }
            return (names, String(decoding: next, as: UTF8.self))
        }
    }

    /// How the store's own writing to its disk goes.
    public func persistence(completion: @escaping StoreCompletion<StorePersistence>) {
        command(["INFO", "persistence"], completion) { $0.bytes.map { StorePersistence(fields: Self.fields(of: $0)) } }
    }
}

/// What the store says of its disk.
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
