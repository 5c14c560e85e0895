import RedisClient

/// The scripts of `Scripts/`, each with the common part in front, as the store runs them.
enum Scripts {
    /// What the store is told of a script, and so when it runs it.
    private enum Kind {
        /// Not at the memory limit: a full store refuses newcomers.
        case takes
        /// At the memory limit too: work must be able to end when the store is full.
        case works
        /// It writes nothing, and runs also where every write is refused.
        case reads

        var flags: StaticString {
            switch self {
            case .takes: "#!lua\n"
            case .works: "#!lua flags=allow-oom\n"
            case .reads: "#!lua flags=no-writes\n"
            }
        }
    }

    static let admit = script(
        "admit",
        [
            PackageResources.newcomers_lua, PackageResources.repeats_lua, PackageResources.short_way_lua,
            PackageResources.common_lua, PackageResources.admit_lua,
        ],
        .takes)
    static let replay = script(
        "replay",
        [
            PackageResources.newcomers_lua, PackageResources.repeats_lua, PackageResources.common_lua,
            PackageResources.replay_lua,
        ],
        .reads)
    static let deduct = whole("deduct", PackageResources.retake_lua + PackageResources.deduct_lua)
    static let settle = whole("settle", PackageResources.settle_lua)
    static let recall = whole("recall", PackageResources.recall_lua, .reads)
    static let identify = whole("identify", PackageResources.identify_lua, .reads)
    static let revive = whole("revive", PackageResources.revive_lua)
    static let reap = whole("reap", PackageResources.reap_lua)
    static let cancel = whole("cancel", PackageResources.cancel_lua)
    static let put = whole("put", PackageResources.settings_lua + PackageResources.put_lua)
    static let alter = whole("alter", PackageResources.settings_lua + PackageResources.alter_lua)
    static let inspect = whole("inspect", PackageResources.settings_lua + PackageResources.inspect_lua, .reads)
    static let checkDurability = whole("check_durability", PackageResources.check_durability_lua)
    static let reopen = whole("reopen", PackageResources.reopen_lua)
    static let lead = script("lead", [PackageResources.lead_lua], .works)
    static let enlist = script("enlist", [PackageResources.enlist_lua], .works)
    static let describe = script("describe", [PackageResources.describe_lua], .works)
    static let nodes = script("nodes", [PackageResources.nodes_lua], .reads)
    static let note = script("note", [PackageResources.note_lua], .works)
    static let probe = script("probe", [PackageResources.probe_lua], .takes)

    static let all = [
        admit, replay, deduct, identify, settle, recall, reap, revive, cancel, put, alter, inspect, checkDurability, reopen,
        lead, describe, nodes, note, enlist, probe,
    ]

    /// What the scripts of a connection to one database have in common, in one line: channels don't know databases.
    static func constants(database: Int32) -> String { "local CHANGED = '\(ControlKeys.changes(database: database))'" }

    private static func whole(_ name: String, _ body: [UInt8], _ kind: Kind = .works) -> RedisScript {
        script(name, [PackageResources.common_lua, body], kind)
    }

    private static func script(_ name: String, _ parts: [[UInt8]], _ kind: Kind) -> RedisScript {
        RedisScript(
            name: name, source: Array("\(kind.flags)".utf8) + Array(parts.joined()), isReadOnly: kind == .reads)
    }
}
