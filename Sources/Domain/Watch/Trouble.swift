import Base

// DESIGN
// `sluice status` and `doctor`, `/readyz` and the metrics of a queue process report the same, since all of them get it
// from here. It is a pure function of what was gathered. The worst comes first, and what only follows from it is left
// out: while the store is away it is not known who leads.

/// Something that keeps a sale from going on, or will.
public struct Trouble: Sendable, Equatable {
    /// The names are stable, and labels of metrics. The order is that in which causes are reported.
    public enum Code: String, Sendable, CaseIterable {
        case storeAway = "store-away"
        case storeRefuses = "store-refuses"
        case persistence
        case emptied
        case notReady = "not-ready"
        case noLeader = "no-leader"
        case noWorker = "no-worker"
        case breakerOpen = "breaker-open"
        case frozen
        case stalled
        case clocksApart = "clocks-apart"
        case inDoubt = "in-doubt"
        case webhook
        case unlike
        case versions
        case nodeLost = "node-lost"
    }

    public enum Severity: String, Sendable {
        /// Buyers are not served, or an operator is needed.
        case problem
        case warning
    }

    public var code: Code
    public var severity: Severity
    public var text: String
    public var remedy: String

    /// Worst first; empty when all is well.
    public static func all(in facts: ClusterFacts) -> [Trouble] {
        if let reason = facts.storeAway {
            return [
                Trouble(
                    .storeAway, "Redis can't be reached: \(reason). Nothing is sold",
                    "look at Redis and at the way to it; all goes on by itself when it answers")
            ]
        }
        let found =
            facts.impairments.map { refusal in
                Trouble(.storeRefuses, "Redis answers and refuses: \(refusal)", "look at its disk, memory and role")
            }
            + facts.persistenceErrors.map { error in
                Trouble(
                    .persistence, "Redis can't write to its disk: \(error)", "look at the disk of Redis: is it full?")
            }
            + gone(facts)
            + facts.reasons.map { Trouble(.notReady, "this process isn't ready: \($0)", "see its log") }
        return found + lead(facts) + work(facts) + breakers(facts) + items(facts) + webhooks(facts) + unlike(facts)
            + lost(facts)
    }

    init(_ code: Code, _ text: String, _ remedy: String, _ severity: Severity = .problem) {
        self.code = code
        self.severity = severity
        self.text = text
        self.remedy = remedy
    }

    private static func gone(_ facts: ClusterFacts) -> [Trouble] {
        guard !facts.goneItems.isEmpty else { return [] }
        return [
            Trouble(
                .emptied, "Redis was emptied, or is another one: \(names(facts.goneItems)) gone with what was sold",
                "see store_emptied under Alarms in docs/operations.md")
        ]
    }

    // MARK: Nodes

    private static func lead(_ facts: ClusterFacts) -> [Trouble] {
        let schedulers = facts.nodes.filter { $0.role == .scheduler && $0.isAlive }
        let isLed = facts.leader.map { !$0.isEmpty } ?? schedulers.contains { $0.leads }
        guard !isLed else { return [] }
        return schedulers.isEmpty
            ? [Trouble(.noLeader, "no scheduler is running: nobody leads, and nothing is sold", "start a scheduler")]
            : [
                Trouble(
                    .noLeader, "no scheduler leads, though \(count(schedulers.count, "one is", "are")) running",
                    "one takes the lead within 3 s; where none does, see the logs of the schedulers")
            ]
    }

    private static func work(_ facts: ClusterFacts) -> [Trouble] {
        let workers = facts.nodes.filter { $0.role == .worker && $0.isAlive }
        let leader = facts.nodes.first { $0.role == .scheduler && $0.isAlive && $0.leads }
        // A new leader waits for the first reports of the workers.
        let isReporting = leader?.liveWorkers != 0 || leader?.ledFor.map { $0 < Limits.firstReports } == true
        if workers.isEmpty || !isReporting {
            let text =
                workers.isEmpty
                ? "no worker is running: nothing is sold" : "no worker is heard of by the scheduler: nothing is sold"
            return [Trouble(.noWorker, text, "start a worker, or look at why the last one ended")]
        }
        guard !workers.contains(where: \.isReady) else { return [] }
        let why = workers.compactMap(\.reasons.first).first.map { ": \($0)" } ?? ""
        return [Trouble(.noWorker, "no worker is ready\(why)", "see the logs of the workers")]
    }

    private static func lost(_ facts: ClusterFacts) -> [Trouble] {
        facts.nodes.filter { !$0.isAlive }.map {
            Trouble(
                .nodeLost, "\($0.id) was not heard of lately", "look whether it runs and reaches Redis", .warning)
        }
    }

    // MARK: Items and services

    private static func breakers(_ facts: ClusterFacts) -> [Trouble] {
        let waiting = facts.items.reduce(0) { $0 + $1.waiting }
        let held = facts.items.reduce(0) { $0 + $1.held }
        let groups = facts.nodes.filter { $0.role == .scheduler && $0.isAlive && $0.leads }.flatMap(\.groups)
        return groups.filter(\.isShut).map { group in
            let isNeeded = waiting + held > 0
            return Trouble(
                .breakerOpen,
                "the circuit breaker of group \(group.name) is open: its order service fails, and "
                    + (isNeeded
                        ? "\(waiting) purchases wait, \(held) units are held for orders" : "nobody waits for it"),
                "look at the order service; the breaker closes by itself when it answers",
                isNeeded ? .problem : .warning)
        }
    }

    private static func items(_ facts: ClusterFacts) -> [Trouble] {
        let frozen = facts.items.filter(\.isFrozen)
        let doubtful = facts.items.filter { $0.inDoubt > 0 }
        let stalled = facts.nodes.filter { $0.isAlive && $0.leads }.flatMap(\.stalled)
            .filter { $0.milliseconds >= Limits.stallReported.wholeMilliseconds }
        var found: [Trouble] = []
        if !frozen.isEmpty {
            found.append(
                Trouble(
                    .frozen, "\(names(frozen.map(\.name))) frozen: the store came back with less than it acknowledged",
                    "see store_rolled_back under Alarms in docs/operations.md"))
        }
        if let worst = stalled.max(by: { $0.milliseconds < $1.milliseconds }) {
            found.append(
                Trouble(
                    .stalled,
                    "\(names(stalled.map(\.item))) not served for \(worst.milliseconds / 1_000) s, with units and "
                        + "capacity free", "see the logs of the workers and of the scheduler; restart the scheduler"))
        }
        found += clocks(facts)
        if !doubtful.isEmpty {
            let units = doubtful.reduce(0) { $0 + $1.inDoubt }
            found.append(
                Trouble(
                    .inDoubt,
                    "\(units) units of \(doubtful.map(\.name).prefix(3).joined(separator: ", ")) are in doubt: "
                        + "nobody knows whether their orders exist",
                    "sluice doubts lists them, sluice ticket settle ends one: see Doubts in docs/operations.md"))
        }
        return found
    }

    private static func clocks(_ facts: ClusterFacts) -> [Trouble] {
        guard let leader = facts.nodes.first(where: { $0.isAlive && $0.leads && $0.clocksApart != .zero }) else {
            return []
        }
        let milliseconds = leader.clocksApart.wholeMilliseconds
        let way = milliseconds > 0 ? "ahead of" : "behind"
        return [
            Trouble(
                .clocksApart,
                "the clock of Redis is \(abs(milliseconds)) ms \(way) that of \(leader.id): nobody's time to pay ends",
                "look at the clocks of both machines; it goes on by itself once the difference is steady for 5 s")
        ]
    }

    // MARK: Differences

    private static func unlike(_ facts: ClusterFacts) -> [Trouble] {
        let alive = facts.nodes.filter(\.isAlive)
        var found: [Trouble] = []
        let names = alive.flatMap(\.fingerprints).map(\.name)
        for (index, name) in names.enumerated() where names.firstIndex(of: name) == index {
            let holders = alive.compactMap { node in
                node.fingerprints.first { $0.name == name }.map { (id: node.id, value: $0.value) }
            }
            guard let first = holders.first, let other = holders.first(where: { $0.value != first.value }) else {
                continue
            }
            found.append(
                Trouble(
                    .unlike, "\(name) differs: \(first.id) has \(first.value), \(other.id) has \(other.value)",
                    "give all processes the same, and restart those that had another"))
        }
        // During a rotation a process has two keys; one in common is enough for each to read the other's tickets.
        let holders = alive.filter { !$0.keys.isEmpty }
        if let first = holders.first,
            let other = holders.first(where: { node in !node.keys.contains { first.keys.contains($0) } })
        {
            found.append(
                Trouble(
                    .unlike,
                    "the ticket keys differ: \(first.id) has \(first.keys.joined(separator: " and ")), \(other.id) has "
                        + other.keys.joined(separator: " and "), "give all processes the same file, and restart them"))
        }
        let builds = alive.map { "\($0.version) \($0.commit)" }
        if let first = builds.first, let place = builds.firstIndex(where: { $0 != first }) {
            found.append(
                Trouble(
                    .versions, "versions differ: \(alive[0].id) is \(first), \(alive[place].id) is \(builds[place])",
                    "finish the upgrade: schedulers first, then workers, then queue processes", .warning))
        }
        return found
    }

    // MARK: Texts

    private static func count(_ number: Int, _ one: String, _ more: String) -> String {
        number == 1 ? one : "\(number) \(more)"
    }

    private static func names(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        let others = names.count > 3 ? " and \(names.count - 3) more" : ""
        return names.count == 1 ? "item \(shown) is" : "items \(shown)\(others) are"
    }
}
