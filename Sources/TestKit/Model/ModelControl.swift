import Base
import Domain
import Store

/// The keys that belong to no item: the leader, the list of workers, hints. In an order of their own, never a hash's.
struct ModelControl {
    private var leader: (node: String, ends: MonotonicInstant)?
    private var term: Int64 = 0
    private var listed: [(id: String, sink: SinkKind)] = []
    private var sink: (kind: SinkKind, ends: MonotonicInstant)?
    private var ready: Set<ItemName> = []
    private var doubts: Set<ItemName> = []
    private var measured: (hints: [ResourceHint], ends: MonotonicInstant)?
    var clock: LeaderClock?
    private var described: [(id: String, firstRunID: String, at: MonotonicInstant)] = []

    // MARK: The lead

    func leader(now: MonotonicInstant) -> String? { leader.flatMap { $0.ends > now ? $0.node : nil } }

    /// As lead.lua.
    mutating func lead(_ node: String, lease: TimeSpan, above highest: Int64, now: MonotonicInstant) -> Store.Leadership
    {
        let holder = leader(now: now)
        if lease == .zero {
            if holder == node { leader = nil }
            return .follows(leaseEnds: .zero)
        }
        if let leader, let holder, holder != node { return .follows(leaseEnds: leader.ends - now) }
        if holder != node || highest > term { term = max(term, highest) + 1 }
        leader = (node, now + lease)
        return .leads(term: term)
    }

    mutating func endLease() { leader = nil }

    // MARK: Workers

    var workers: [Store.ListedWorker] { listed.map { Store.ListedWorker(id: $0.id, sink: $0.sink) } }

    /// As enlist.lua.
    mutating func enlist(_ worker: String, _ kind: SinkKind, now: MonotonicInstant) -> Store.Listing {
        if let sink, sink.kind != kind, sink.ends > now {
            return .refused(by: sink.kind.rawValue, holds: sink.ends - now)
        }
        sink = (kind, now + (kind.placesOrders ? Limits.ordersHold : Limits.listingHold))
        remove(worker)
        listed.append((worker, kind))
        return .listed
    }

    mutating func remove(_ worker: String) { listed.removeAll { $0.id == worker } }

    /// A worker that stops in order.
    mutating func retire(_ worker: String, _ kind: SinkKind) {
        remove(worker)
        if !kind.placesOrders, sink?.kind == kind, !listed.contains(where: { $0.sink == kind }) { sink = nil }
    }

    // MARK: Marks and hints

    var readyItems: [ItemName] { ready.sorted { $0.description < $1.description } }
    mutating func markReady(_ item: ItemName) { ready.insert(item) }
    mutating func unmarkReady(_ item: ItemName) -> Bool { ready.remove(item) != nil }

    var itemsInDoubt: [ItemName] { doubts.sorted { $0.description < $1.description } }
    mutating func markDoubts(_ item: ItemName) { doubts.insert(item) }
    mutating func unmarkDoubts(_ item: ItemName) { doubts.remove(item) }

    func hints(now: MonotonicInstant) -> [ResourceHint] { measured.flatMap { $0.ends > now ? $0.hints : nil } ?? [] }
    mutating func save(_ hints: [ResourceHint], now: MonotonicInstant) { measured = (hints, now + Limits.hintAge) }

    mutating func describe(_ node: String, firstRunID: String, now: MonotonicInstant) {
        removeNode(node)
        described.append((node, firstRunID, now))
    }
    mutating func removeNode(_ node: String) { described.removeAll { $0.id == node } }
    func nodes(now: MonotonicInstant) -> [Store.Node] {
        described.map {
            Store.Node(
                id: $0.id, firstRunID: $0.firstRunID,
                describedAt: WallInstant(milliseconds: $0.at.nanoseconds / 1_000_000), age: now - $0.at, json: "{}")
        }
    }
}
