import RedisClient

/// The scripts of `Scripts/`, each with the common part in front, as the store runs them.
enum Scripts {
    /// Work must be able to end when the store is full, so those that end or manage work run at its memory limit too;
    /// `admit` does not: a full store refuses newcomers.
    static let admit = script(
        "admit",
        [
            PackageResources.newcomers_lua, PackageResources.short_way_lua, PackageResources.common_lua,
            PackageResources.admit_lua,
        ],
        runsWhenFull: false)
    static let deduct = whole("deduct", PackageResources.retake_lua + PackageResources.deduct_lua)
    static let settle = whole("settle", PackageResources.settle_lua)
    static let recall = whole("recall", PackageResources.recall_lua)
    static let identify = whole("identify", PackageResources.identify_lua)
    static let revive = whole("revive", PackageResources.revive_lua)
    static let reap = whole("reap", PackageResources.reap_lua)
    static let cancel = whole("cancel", PackageResources.cancel_lua)
    static let put = whole("put", PackageResources.put_lua)
    static let alter = whole("alter", PackageResources.alter_lua)
    static let inspect = whole("inspect", PackageResources.inspect_lua)
    static let witness = whole("witness", PackageResources.witness_lua)
    static let reopen = whole("reopen", PackageResources.reopen_lua)
    static let lead = script("lead", [PackageResources.lead_lua], runsWhenFull: true)

    static let all = [
        admit, deduct, identify, settle, recall, reap, revive, cancel, put, alter, inspect, witness, reopen, lead,
    ]

    private static func whole(_ name: String, _ body: [UInt8], runsWhenFull: Bool = true) -> RedisScript {
        script(name, [PackageResources.common_lua, body], runsWhenFull: runsWhenFull)
    }

    private static func script(_ name: String, _ parts: [[UInt8]], runsWhenFull: Bool) -> RedisScript {
        let shebang = Array((runsWhenFull ? "#!lua flags=allow-oom\n" : "#!lua\n").utf8)
        return RedisScript(name: name, source: shebang + Array(parts.joined()))
    }
}
