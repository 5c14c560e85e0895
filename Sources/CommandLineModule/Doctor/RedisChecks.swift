/// What is known of a Redis; nil where it refused to show it.
public struct RedisFacts: Equatable, Sendable {
    public struct NodeSkew: Equatable, Sendable {
        public let node: String
        public let milliseconds: Int64  // its clock minus Redis'

        public init(node: String, milliseconds: Int64) {
            self.node = node
            self.milliseconds = milliseconds
        }
    }

    public var version: String?
    public var mode: String?  // standalone, cluster or sentinel
    public var role: String?  // master or slave
    public var nodeSkews: [NodeSkew] = []
    public var settings: [String: String] = [:]
    public var lastWriteStatus: String?
    public var lastRewriteStatus: String?
    public var lastSnapshotStatus: String?
    public var delayedSyncs: Int64?
    /// Redis' clock minus ours.
    public var clockSkewMilliseconds: Int64?

    public init() {}
}

/// Judges a Redis by the promises that the engine makes with it. Pure.
public enum RedisChecks {
    public static func findings(_ facts: RedisFacts, durability: String) -> [Finding] {
        [version(facts)] + kind(facts) + [persistence(facts, durability: durability)] + state(facts)
            + [eviction(facts), clock(facts)] + nodeClocks(facts)
    }

    /// Nothing for a primary on its own; every program of ours refuses the others at its start.
    private static func kind(_ facts: RedisFacts) -> [Finding] {
        switch (facts.mode, facts.role) {
        case ("cluster", _):
            [Finding("redis", .fail, "a node of a Redis Cluster", remedy: "name a Redis with cluster-enabled no")]
        case ("sentinel", _):
            [Finding("redis", .fail, "a Sentinel, which holds no data", remedy: "name the primary that it watches")]
        case (_, "slave"):
            [
                Finding(
                    "redis", .fail, "a replica, which takes no writes",
                    remedy: "name the primary, or an address that leads to it after a failover")
            ]
        default: []
        }
    }

    private static func nodeClocks(_ facts: RedisFacts) -> [Finding] {
        facts.nodeSkews.filter { $0.milliseconds.magnitude >= 1_000 }.map { skew in
            let word = skew.milliseconds > 0 ? "ahead of" : "behind"
            return Finding(
                "clock", .fail, "\(skew.node) is \(skew.milliseconds.magnitude) ms \(word) Redis",
                remedy: "run chrony or systemd-timesyncd on its machine")
        }
    }

    private static func version(_ facts: RedisFacts) -> Finding {
        let name = "redis"
        guard let version = facts.version, let major = version.split(separator: ".").first.flatMap({ Int($0) }) else {
            return Finding(name, .warn, "the version is not known", remedy: "allow INFO to this user")
        }
        return major >= 7
            ? Finding(name, .ok, "version \(version)")
            : Finding(name, .fail, "version \(version) is too old", remedy: "install Redis 7.0 or newer")
    }

    private static func persistence(_ facts: RedisFacts, durability: String) -> Finding {
        let name = "persistence"
        guard let appendOnly = facts.settings["appendonly"], let sync = facts.settings["appendfsync"] else {
            return Finding(name, .warn, "not known", remedy: "allow CONFIG GET to this user, or look at its redis.conf")
        }
        let found = "appendonly \(appendOnly), appendfsync \(sync), durability \(durability)"
        if appendOnly != "yes" {
            return Finding(
                name, .fail, found, remedy: "set appendonly yes: a restart of this Redis forgets every purchase")
        }
        if durability != "fast", sync != "always" {
            return Finding(name, .fail, found, remedy: "set appendfsync always, or promise less: --durability fast")
        }
        if sync == "no" { return Finding(name, .fail, found, remedy: "set appendfsync everysec, or always") }
        return Finding(name, .ok, found)
    }

    private static func state(_ facts: RedisFacts) -> [Finding] {
        var findings: [Finding] = []
        let remedy = "look at the disk of this Redis: is it full?"
        for (check, what, status) in [
            ("aof", "the last write", facts.lastWriteStatus), ("aof", "the last rewrite", facts.lastRewriteStatus),
            ("rdb", "the last snapshot", facts.lastSnapshotStatus),
        ] {
            guard let status, status != "ok" else { continue }
            findings.append(Finding(check, .fail, "\(what) failed (\(status))", remedy: remedy))
        }
        if let count = facts.delayedSyncs, count > 0 {
            findings.append(
                Finding(
                    "aof", .warn, "\(count) late syncs since its start: a kill may lose up to 2 s",
                    remedy: "give it a faster disk, or use --durability safe"))
        }
        return findings
    }

    private static func eviction(_ facts: RedisFacts) -> Finding {
        let name = "eviction"
        guard let policy = facts.settings["maxmemory-policy"] else {
            return Finding(name, .warn, "not known", remedy: "allow CONFIG GET to this user, or look at its redis.conf")
        }
        return policy == "noeviction"
            ? Finding(name, .ok, "maxmemory-policy noeviction")
            : Finding(
                name, .fail, "maxmemory-policy \(policy): a full Redis would forget purchases",
                remedy: "set maxmemory-policy noeviction")
    }

    private static func clock(_ facts: RedisFacts) -> Finding {
        let name = "clock"
        guard let skew = facts.clockSkewMilliseconds else {
            return Finding(name, .warn, "not known", remedy: "allow TIME to this user")
        }
        return skew.magnitude < 1_000
            ? Finding(name, .ok, "\(skew.magnitude) ms apart from Redis")
            : Finding(
                name, .fail, "\(skew.magnitude) ms apart from Redis: sales would open and end at the wrong time",
                remedy: "run chrony or systemd-timesyncd on both machines")
    }
}
