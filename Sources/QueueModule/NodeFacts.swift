import Base
import Domain
import Operations

extension ClusterFacts.Node {
    /// A process as it is judged; nil when `json` is no such description.
    init?(json: String, isAlive: Bool) {
        guard let node = NodeDescription(json: json) else { return nil }
        self.init(id: node.id, role: Role(rawValue: node.role))
        self.isAlive = isAlive
        isReady = node.isReady
        reasons = node.reasons
        (version, commit) = (node.version, node.commit)
        fingerprints = node.fingerprints
        if let store = node.store, !store.isEmpty { fingerprints.append(ClusterFacts.Fingerprint("the store", store)) }
        keys = node.keys ?? []
        leads = node.figure("leads") == 1
        liveWorkers = node.figure("workers")
        ledFor = node.figure("led_ms").map { .milliseconds($0) }
        clocksApart = .milliseconds(node.figure("clocks_apart_ms") ?? 0)
        groups = (node.resources ?? []).filter(\.isGroup).map { group in
            ClusterFacts.Group(name: group.name, isShut: group.breaker.map { $0 != "closed" } ?? false)
        }
        stalled = node.stalled ?? []
        webhooks = node.webhooks ?? []
    }
}
