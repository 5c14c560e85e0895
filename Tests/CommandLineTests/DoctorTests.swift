import Testing

@testable import CommandLineModule

private func good() -> RedisFacts {
    var facts = RedisFacts()
    facts.version = "7.0.15"
    facts.settings = ["appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"]
    facts.clockSkewMilliseconds = -3
    return facts
}

private func verdicts(_ facts: RedisFacts, _ durability: String = "fast") -> [String: Finding.Verdict] {
    RedisChecks.findings(facts, durability: durability).reduce(into: [:]) { $0[$1.check] = $1.verdict }
}

@Test func `a Redis that keeps the promises is ok`() {
    #expect(verdicts(good()).values.allSatisfy { $0 == .ok })
}

@Test(arguments: [
    ("persistence", "appendonly", "no"), ("persistence", "appendfsync", "no"),
    ("eviction", "maxmemory-policy", "allkeys-lru"),
])
func `a setting that forgets purchases fails, and the finding names what to change`(
    check: String, setting: String, value: String
) {
    var facts = good()
    facts.settings[setting] = value
    let found = RedisChecks.findings(facts, durability: "fast").filter { $0.verdict == .fail }
    #expect(found.map(\.check) == [check])
    #expect(found.first?.remedy?.contains(setting) == true)
}

@Test func `safe wants every write synced`() {
    #expect(verdicts(good(), "safe")["persistence"] == .fail)
    var facts = good()
    facts.settings["appendfsync"] = "always"
    #expect(verdicts(facts, "safe")["persistence"] == .ok)
}

@Test func `an old Redis and a clock a second off fail, a second less is fine`() {
    var facts = good()
    facts.version = "6.2.14"
    facts.clockSkewMilliseconds = -1_000
    #expect(verdicts(facts)["redis"] == .fail)
    #expect(verdicts(facts)["clock"] == .fail)
    facts.clockSkewMilliseconds = 999
    #expect(verdicts(facts)["clock"] == .ok)
}

@Test func `what Redis does not show is a warning, never ok`() {
    #expect(RedisChecks.findings(RedisFacts(), durability: "fast").allSatisfy { $0.verdict == .warn })
}

@Test func `the machine is judged by its hard file limit, disk and key files`() {
    var facts = MachineFacts()
    (facts.softFileLimit, facts.hardFileLimit) = (1_024, 9_999)
    facts.freeBytes = 1 << 20
    facts.hugePages = "[always] madvise never"
    facts.overcommit = "0"
    facts.secrets = [MachineFacts.SecretFile(path: "k", mode: 0o640, isReadable: true)]
    #expect(MachineChecks.findings(facts).map(\.verdict) == [.fail, .fail, .warn, .warn, .fail])
    (facts.hardFileLimit, facts.freeBytes, facts.hugePages, facts.overcommit) = (
        10_000, 1 << 40, "always [madvise]", "1"
    )
    facts.secrets = [MachineFacts.SecretFile(path: "k", mode: 0o600, isReadable: true)]
    #expect(MachineChecks.findings(facts).map(\.verdict) == [.ok, .ok, .ok])
}

@Test func `what Redis could not write is a failure, whichever file it was`() {
    var facts = good()
    facts.lastWriteStatus = "err"
    facts.lastRewriteStatus = "err"
    facts.lastSnapshotStatus = "err"
    let failed = RedisChecks.findings(facts, durability: "fast").filter { $0.verdict == .fail }
    #expect(failed.map(\.check) == ["aof", "aof", "rdb"])
    (facts.lastWriteStatus, facts.lastRewriteStatus, facts.lastSnapshotStatus) = ("ok", "ok", "ok")
    #expect(verdicts(facts).values.allSatisfy { $0 == .ok })
}

@Test func `what the engine reports of itself are findings of the doctor`() {
    let body = #"""
        {"troubles":[{"code":"frozen","severity":"problem","text":"item a is frozen","remedy":"look"},
         {"code":"versions","severity":"warning","text":"versions differ","remedy":"upgrade"}]}
        """#
    let found = EngineChecks.findings(Response(status: 200, bytes: Array(body.utf8)))
    #expect(
        found == [
            Finding("engine", .fail, "item a is frozen", remedy: "look"),
            Finding("engine", .warn, "versions differ", remedy: "upgrade"),
        ])
    let fine = EngineChecks.findings(Response(status: 200, bytes: Array(#"{"troubles":[]}"#.utf8)))
    #expect(fine.map(\.verdict) == [.ok])
}

@Test func `a node whose clock is a second off Redis' is named, one that is not is no finding`() {
    var facts = good()
    facts.nodeSkews = [
        .init(node: "queue-1", milliseconds: 999), .init(node: "queue-2", milliseconds: -1_000),
        .init(node: "worker-1", milliseconds: 3_562_000),
    ]
    let found = RedisChecks.findings(facts, durability: "fast").filter { $0.verdict == .fail }
    #expect(found.map(\.check) == ["clock", "clock"])
    #expect(found.map(\.detail) == ["queue-2 is 1000 ms behind Redis", "worker-1 is 3562000 ms ahead of Redis"])
}

@Test(arguments: [("cluster", "master", "Cluster"), ("sentinel", "", "Sentinel"), ("standalone", "slave", "replica")])
func `a Redis that is none to work with fails, and is named`(mode: String, role: String, word: String) {
    var facts = good()
    (facts.mode, facts.role) = (mode, role)
    let found = RedisChecks.findings(facts, durability: "fast").filter { $0.verdict == .fail }
    #expect(found.count == 1 && found[0].detail.contains(word) && found[0].remedy != nil)
}
