import RedisClient

/// The operations of `Scripts/`, each with its modules, as the store runs them.
enum Scripts {
    /// The flags of a script, which decide when the store runs it.
    private enum Kind: String {
        /// Not at the memory limit: a full store refuses newcomers.
        case takes = "#!lua\n"
        /// At the memory limit too: work must be able to end when the store is full.
        case works = "#!lua flags=allow-oom\n"
        /// It writes nothing, and runs also where every write is refused.
        case reads = "#!lua flags=no-writes\n"
    }

    static let admit = script("admit", PackageResources.admit_lua, .takes)
    static let replay = script("replay", PackageResources.replay_lua, .reads)
    static let deduct = script("deduct", PackageResources.deduct_lua)
    static let settle = script("settle", PackageResources.settle_lua)
    static let recall = script("recall", PackageResources.recall_lua, .reads)
    static let identify = script("identify", PackageResources.identify_lua, .reads)
    static let revive = script("revive", PackageResources.revive_lua)
    static let reap = script("reap", PackageResources.reap_lua)
    static let cancel = script("cancel", PackageResources.cancel_lua)
    static let pay = script("pay", PackageResources.pay_lua)
    static let expire = script("expire", PackageResources.expire_lua)
    static let refund = script("refund", PackageResources.refund_lua)
    static let resolve = script("resolve", PackageResources.resolve_lua)
    static let doubts = script("doubts", PackageResources.doubts_lua, .reads)
    static let details = script("details", PackageResources.details_lua, .reads)
    static let purchases = script("purchases", PackageResources.purchases_lua, .reads)
    static let archive = script("archive", PackageResources.archive_lua)
    static let delete = script("delete", PackageResources.delete_lua)
    static let put = script("put", PackageResources.put_lua)
    static let alter = script("alter", PackageResources.alter_lua)
    static let inspect = script("inspect", PackageResources.inspect_lua, .reads)
    static let checkDurability = script("check_durability", PackageResources.check_durability_lua)
    static let reopen = script("reopen", PackageResources.reopen_lua)
    static let lead = script("lead", PackageResources.lead_lua)
    static let enlist = script("enlist", PackageResources.enlist_lua)
    static let describe = script("describe", PackageResources.describe_lua)
    static let nodes = script("nodes", PackageResources.nodes_lua, .reads)
    static let note = script("note", PackageResources.note_lua)
    static let operatorToken = script("operator_token", PackageResources.operator_token_lua)
    static let webhookPut = script("webhook_put", PackageResources.webhook_put_lua)
    static let webhookRotate = script("webhook_rotate", PackageResources.webhook_rotate_lua)
    static let webhookRemove = script("webhook_remove", PackageResources.webhook_remove_lua)
    static let webhookSave = script("webhook_save", PackageResources.webhook_save_lua)
    static let webhookReplay = script("webhook_replay", PackageResources.webhook_replay_lua)
    static let probe = script("probe", PackageResources.probe_lua, .takes)
    static let events = script("events", PackageResources.events_lua, .reads)
    static let buyers = script("buyers", PackageResources.buyers_lua, .reads)
    static let moved = script("moved", PackageResources.moved_lua, .reads)
    static let point = script("point", PackageResources.point_lua)
    static let trim = script("trim", PackageResources.trim_lua)
    static let sample = script("sample", PackageResources.sample_lua, .takes)
    static let series = script("series", PackageResources.series_lua, .reads)

    static let all = [
        admit, replay, deduct, identify, settle, recall, reap, revive, cancel, pay, expire, refund, details, resolve,
        doubts, purchases, archive, delete,
        put, alter, inspect, checkDurability,
        reopen, lead, describe, nodes, note, enlist, probe, events, buyers, moved, point,
        trim, sample, series,
        operatorToken, webhookPut, webhookRotate, webhookRemove, webhookSave, webhookReplay,
    ]

    static let modules: [String: [UInt8]] = [
        "attempts": PackageResources.attempts_lua, "batch": PackageResources.batch_lua,
        "book": PackageResources.book_lua,
        "check": PackageResources.check_lua, "chunk": PackageResources.chunk_lua, "clock": PackageResources.clock_lua,
        "commit": PackageResources.commit_lua, "fast_path": PackageResources.fast_path_lua,
        "holds": PackageResources.holds_lua, "item": PackageResources.item_lua, "joined": PackageResources.joined_lua,
        "ledger": PackageResources.ledger_lua, "notification": PackageResources.notification_lua,
        "outcome": PackageResources.outcome_lua,
        "points": PackageResources.points_lua, "records": PackageResources.records_lua,
        "results": PackageResources.results_lua,
        "retake": PackageResources.retake_lua, "settings": PackageResources.settings_lua,
        "skips": PackageResources.skips_lua,
        "worker": PackageResources.worker_lua,
    ]

    /// What the scripts of a connection to one database have in common, in one line: the channel has the database's
    /// number in its name.
    static func constants(database: Int32) -> String {
        "local \(ScriptAssembler.channel) = '\(ControlKeys.changes(database: database))'"
    }

    private static func script(_ name: String, _ operation: [UInt8], _ kind: Kind = .works) -> RedisScript {
        let source = kind.rawValue + ScriptAssembler.source(of: operation, modules: modules)
        return RedisScript(name: name, source: Array(source.utf8), isReadOnly: kind == .reads)
    }
}
