public import Base
public import Domain
import RedisClient

// Hints between processes: who leads, who works, who is there; and what happens after a restart of the store.
extension Store {
    public enum Leadership: Sendable, Equatable {
        case leads(term: Int64)
        /// Another one leads; its lease ends after this time unless it renews.
        case follows(leaseEnds: TimeSpan)
    }

    /// Takes or keeps the leadership; a lease of zero gives it up.
    public func lead(as node: String, lease: TimeSpan, completion: @escaping StoreCompletion<Leadership>) {
        connection.evaluate(
            Scripts.lead, keyCount: 2, argumentCount: 4,
            build: { writer in
                writer.argument(ControlKeys.leader)
                writer.argument(ControlKeys.term)
                writer.argument(node)
                writer.argument(lease.wholeMilliseconds)
            },
            completion: interpret(completion) { reply in
                guard let number = reply.integer(1) else { return nil }
                return reply.status == 1 ? .leads(term: number) : .follows(leaseEnds: .milliseconds(max(0, number)))
            })
    }

    public func readyItems(completion: @escaping StoreCompletion<[ItemName]>) {
        command(["SMEMBERS", ControlKeys.ready], completion) { $0.names }
    }

    public func unmarkReady(_ item: ItemName) {
        hint(["SREM", ControlKeys.ready, item.description])
    }

    /// Keeps the mark of an item whose purchases wait; also while the store is full.
    public func keepReady(_ item: ItemName) {
        noteHint(["SADD", ControlKeys.ready, item.description])
    }

    // MARK: Hints of the leader

    /// Leaves behind what was measured, for the next leader; it expires after `Limits.hintAge`.
    public func save(_ hints: [ResourceHint]) {
        let age = "\(Limits.hintAge.wholeMilliseconds)"
        noteHint(["SET", ControlKeys.hints, ResourceHint.encode(hints), "PX", age])
    }

    /// What the last leader left behind; empty when that is too long ago, or damaged.
    public func hints(completion: @escaping StoreCompletion<[ResourceHint]>) {
        command(["GET", ControlKeys.hints], completion) { $0.bytes.flatMap(ResourceHint.decode) ?? [] }
    }

    // MARK: Flights

    /// What a worker noted that may hold something; one of today notes nothing, and `deduct` does it instead.
    public func itemsInFlight(of worker: String, completion: @escaping StoreCompletion<[ItemName]>) {
        command(["SMEMBERS", ControlKeys.flights(of: worker)], completion) { $0.names }
    }

    // MARK: Messages

    public func publish(report: WorkerReport) {
        hint(["PUBLISH", ControlKeys.reports(database: database), report.encode()])
    }

    public func publish(_ grants: [Grant], to worker: String) {
        hint(["PUBLISH", ControlKeys.grants(to: worker), Grant.encode(grants)])
    }

    /// Leave for calls beside the grants.
    public func publish(_ repeats: RepeatGrant, to worker: String) {
        hint(["PUBLISH", ControlKeys.grants(to: worker), repeats.encode()])
    }

    /// Tells a worker, should it live, that all it held was taken back.
    public func tellReaped(_ worker: String) {
        hint(["PUBLISH", ControlKeys.grants(to: worker), ControlKeys.reapedMessage])
    }

    // MARK: Nodes

    /// Says what a process is and does; one JSON object.
    public func describeNode(_ id: String, json: String, now: WallInstant) {
        noteHint(["HSET", ControlKeys.nodes, id, "\(firstRunID) \(now.milliseconds) \(json)"])
    }

    public func removeNode(_ id: String) {
        hint(["HDEL", ControlKeys.nodes, id])
    }

    public struct Node: Sendable {
        public var id: String
        /// The life of the store that the process met first.
        public var firstRunID: String
        public var describedAt: WallInstant
        public var json: String

        init?(id: [UInt8], value: [UInt8]) {
            let parts = String(decoding: value, as: UTF8.self).split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let time = Int64(parts[1]) else { return nil }
            self.id = String(decoding: id, as: UTF8.self)
            firstRunID = String(parts[0])
            describedAt = WallInstant(milliseconds: time)
            json = String(parts[2])
        }
    }

    public func nodes(completion: @escaping StoreCompletion<[Node]>) {
        command(["HGETALL", ControlKeys.nodes], completion) { value in
            guard let values = value.array?.compactMap(\.bytes), values.count % 2 == 0 else { return nil }
            return stride(from: 0, to: values.count, by: 2).compactMap {
                Node(id: values[$0], value: values[$0 + 1])
            }
        }
    }
}
