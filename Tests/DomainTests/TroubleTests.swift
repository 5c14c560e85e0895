import Base
import Domain
import Testing

private func node(
    _ id: String, _ role: ClusterFacts.Node.Role, _ change: (inout ClusterFacts.Node) -> Void = { _ in }
) -> ClusterFacts.Node {
    var node = ClusterFacts.Node(id: id, role: role)
    (node.version, node.commit) = ("1", "a")
    change(&node)
    return node
}

private func item(_ name: String, _ change: (inout ClusterFacts.Item) -> Void) -> ClusterFacts.Item {
    var item = ClusterFacts.Item(name)
    change(&item)
    return item
}

/// A queue, a leader that knows one worker, and an item on which 272 wait.
private func healthy() -> ClusterFacts {
    var facts = ClusterFacts()
    facts.leader = "s1"
    facts.nodes = [
        node("q1", .queue),
        node("s1", .scheduler) {
            ($0.leads, $0.liveWorkers) = (true, 1)
            $0.groups = [ClusterFacts.Group(name: "shop", isShut: false)]
        }, node("w1", .worker),
    ]
    facts.items = [item("lamp") { $0.waiting = 272 }]
    return facts
}

private func codes(_ facts: ClusterFacts) -> [Trouble.Code] { Trouble.all(in: facts).map(\.code) }

@Test func `a sale that goes on has no trouble, however many wait`() {
    #expect(Trouble.all(in: healthy()).isEmpty)
}

@Test func `while the store is away that is the cause, and what follows from it is not said`() {
    var facts = healthy()
    facts.storeAway = "Connection refused"
    facts.leader = nil
    facts.nodes = []
    facts.items[0].isFrozen = true
    let troubles = Trouble.all(in: facts)
    #expect(troubles.map(\.code) == [.storeAway] && troubles[0].severity == .problem)
    #expect(troubles[0].text.contains("Redis") && troubles[0].text.contains("Connection refused"))
}

@Test func `a store that refuses writes, or can't write to its disk, is named before all that follows`() {
    var facts = healthy()
    facts.impairments = ["MISCONF Errors writing to the AOF file: No space left on device"]
    facts.persistenceErrors = ["the last write to the append-only file failed (err)"]
    facts.leader = ""
    #expect(codes(facts) == [.storeRefuses, .persistence, .noLeader])
    #expect(Trouble.all(in: facts)[1].text.contains("append-only"))
}

@Test func `nobody leads: none runs, none has the lead, or the one that had it is silent`() {
    var facts = healthy()
    facts.leader = ""
    #expect(codes(facts) == [.noLeader])
    #expect(Trouble.all(in: facts)[0].text.contains("no scheduler leads"))
    facts.nodes.removeAll { $0.role == .scheduler }
    #expect(Trouble.all(in: facts)[0].text.contains("no scheduler is running"))
    facts = healthy()
    facts.leader = nil  // an answer that does not say who holds the lead
    facts.nodes[1].isAlive = false
    #expect(codes(facts) == [.noLeader, .nodeLost])
    facts.nodes[1].isAlive = true
    #expect(codes(facts).isEmpty)
}

@Test func `a store that was emptied is named as long as what was sold of is not there again`() {
    var facts = healthy()
    facts.goneItems = ["lamp", "vase"]
    let troubles = Trouble.all(in: facts)
    #expect(troubles.map(\.code) == [.emptied] && troubles.first?.severity == .problem)
    #expect(troubles.first?.text.contains("items lamp, vase are gone") == true)
}

@Test func `no worker is there, none has reported, none is ready`() {
    var facts = healthy()
    facts.nodes[2].isReady = false
    facts.nodes[2].reasons = ["postgres: connection refused"]
    #expect(codes(facts) == [.noWorker])
    #expect(Trouble.all(in: facts)[0].text == "no worker is ready: postgres: connection refused")
    facts.nodes[2].isAlive = false
    #expect(codes(facts) == [.noWorker, .nodeLost])
    facts = healthy()
    // It was killed: the scheduler misses its beat before the list of nodes does.
    facts.nodes[1].liveWorkers = 0
    #expect(codes(facts) == [.noWorker])
    facts.nodes[1].ledFor = Limits.firstReports
    #expect(codes(facts) == [.noWorker])
    facts.nodes[1].ledFor = Limits.firstReports - .milliseconds(1)
    #expect(codes(facts).isEmpty, "who has just begun to lead has no report of them yet")
    facts.nodes.append(node("w2", .worker) { $0.isReady = false })
    facts.nodes[1].liveWorkers = 2
    #expect(codes(facts).isEmpty, "one of two is ready")
}

@Test func `an open breaker is a problem where somebody waits, else a warning`() {
    var facts = healthy()
    facts.nodes[1].groups[0].isShut = true
    let troubles = Trouble.all(in: facts)
    #expect(troubles.map(\.code) == [.breakerOpen] && troubles[0].severity == .problem)
    #expect(troubles[0].text.contains("shop") && troubles[0].text.contains("272 purchases wait"))
    facts.items = [item("lamp") { $0.held = 3 }]
    #expect(Trouble.all(in: facts)[0].severity == .problem, "what is held waits for its order")
    facts.items = []
    #expect(Trouble.all(in: facts)[0].severity == .warning)
}

@Test func `frozen items, items that stand still and units in doubt are each listed, in this order`() {
    var facts = healthy()
    facts.items = [
        item("a") { $0.inDoubt = 2 }, item("b") { $0.isFrozen = true }, item("c") { $0.isFrozen = true },
    ]
    facts.nodes[1].stalled = [
        ClusterFacts.Stall(item: "d", milliseconds: 61_000), ClusterFacts.Stall(item: "e", milliseconds: 3_000),
    ]
    let troubles = Trouble.all(in: facts)
    #expect(troubles.map(\.code) == [.frozen, .stalled, .inDoubt])
    #expect(troubles[0].text.hasPrefix("items b, c are frozen"))
    #expect(troubles[1].text.hasPrefix("item d is not served for 61 s"))
    #expect(troubles[2].text.hasPrefix("2 units of a are in doubt"))
    #expect(troubles.allSatisfy { $0.severity == .problem })
}

@Test func `keys that differ are a problem, versions that differ a warning: an upgrade goes on`() {
    var facts = healthy()
    facts.nodes[0].fingerprints = [ClusterFacts.Fingerprint("ticket_key", "aa")]
    facts.nodes[2].fingerprints = [ClusterFacts.Fingerprint("ticket_key", "aa")]
    #expect(codes(facts).isEmpty)
    facts.nodes[2].fingerprints = [ClusterFacts.Fingerprint("ticket_key", "bb")]
    facts.nodes[2].version = "2"
    let troubles = Trouble.all(in: facts)
    #expect(troubles.map(\.code) == [.unlike, .versions])
    #expect(troubles[0].severity == .problem && troubles[0].text == "ticket_key differs: q1 has aa, w1 has bb")
    #expect(troubles[1].severity == .warning && troubles[1].text.contains("w1 is 2 a"))
    facts.nodes[2].isAlive = false
    #expect(codes(facts).contains(.unlike) == false, "what is gone differs from nobody")
}

@Test func `every trouble says what to do`() {
    var facts = healthy()
    facts.leader = ""
    facts.nodes[1].groups[0].isShut = true
    facts.nodes.append(node("w2", .worker) { $0.isAlive = false })
    facts.items = [item("a") { ($0.inDoubt, $0.isFrozen, $0.held) = (1, true, 1) }]
    let troubles = Trouble.all(in: facts)
    #expect(troubles.count >= 4)
    for trouble in troubles { #expect(!trouble.remedy.isEmpty && !trouble.text.contains("\n"), "\(trouble)") }
}

@Test func `ticket keys that have none in common are a problem; two during a rotation are not`() {
    var facts = healthy()
    facts.nodes[0].keys = ["new", "old"]
    facts.nodes.append(node("q2", .queue) { $0.keys = ["old"] })
    #expect(codes(facts).isEmpty)
    facts.nodes.append(node("q3", .queue) { $0.keys = ["strange"] })
    #expect(codes(facts) == [.unlike])
    #expect(Trouble.all(in: facts)[0].text == "the ticket keys differ: q1 has new and old, q3 has strange")
}

@Test func `a clock of Redis that parts from the leader's is a problem, named with its direction`() {
    var facts = healthy()
    facts.nodes[1].clocksApart = .milliseconds(-3_500)
    let troubles = Trouble.all(in: facts)
    #expect(troubles.map(\.code) == [.clocksApart] && troubles[0].severity == .problem)
    #expect(troubles[0].text.contains("3500 ms behind that of s1"))
    facts.nodes[1].clocksApart = .seconds(2)
    #expect(Trouble.all(in: facts)[0].text.contains("2000 ms ahead of that of s1"))
    facts.nodes[1].leads = false
    facts.leader = "s2"
    #expect(codes(facts).isEmpty, "it does not lead")
}

@Test func `a webhook that stands still is a trouble, and dead letters or missed events a warning`() {
    func found(_ change: (inout ClusterFacts.Webhook) -> Void) -> [Trouble] {
        var (facts, webhook) = (healthy(), ClusterFacts.Webhook("shop"))
        change(&webhook)
        facts.nodes[1].webhooks = [webhook]
        return Trouble.all(in: facts)
    }
    #expect(found { _ in }.isEmpty)
    #expect(found { $0.failingMilliseconds = 59_999 }.isEmpty)
    let down = found { ($0.failingMilliseconds, $0.reason) = (61_000, "status 500") }
    #expect(down.map(\.code) == [.webhook] && down[0].severity == .problem)
    #expect(down[0].text.contains("webhook shop") && down[0].text.contains("61 s: status 500"))
    for trouble in [found { $0.isGone = true }, found { $0.isFull = true }] {
        #expect(trouble.map(\.severity) == [.problem])
    }
    for warning in [found { $0.dead = 3 }, found { $0.gaps = 1 }] { #expect(warning.map(\.severity) == [.warning]) }
}
