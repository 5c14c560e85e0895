public import Base
public import Domain
import RedisClient

// Hints between processes: who leads, and who works.
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
        names(in: ControlKeys.ready, completion: completion)
    }

    /// - Parameter completion: whether it was marked.
    public func unmarkReady(_ item: ItemName, completion: @escaping StoreCompletion<Bool> = { _ in }) {
        command(["SREM", ControlKeys.ready, item.description], completion) { $0.integer.map { $0 > 0 } }
    }

    // MARK: Hints of the leader

    /// Leaves behind what was measured, for the next leader; it expires after `Limits.hintAge`.
    public func save(_ hints: [ResourceHint]) {
        connection.send(
            ["SET", ControlKeys.hints, ResourceHint.encode(hints), "PX", "\(Limits.hintAge.wholeMilliseconds)"]
        ) { _ in }
    }

    /// What the last leader left behind; empty when that is too long ago, or damaged.
    public func hints(completion: @escaping StoreCompletion<[ResourceHint]>) {
        // Where the store's clock was set back, they live for as much longer, and say nothing any more.
        var isFresh = false
        command(["PTTL", ControlKeys.hints], { isFresh = (try? $0.get()) ?? false }) { value in
            value.integer.map { (0...Limits.hintAge.wholeMilliseconds).contains($0) }
        }
        command(["GET", ControlKeys.hints], completion) { value in
            isFresh ? value.bytes.flatMap(ResourceHint.decode) ?? [] : []
        }
    }

    // MARK: Flights

    /// Notes that a worker may hold purchases of an item, before it takes the first one.
    public func noteFlight(of item: ItemName, worker: String) {
        connection.send(["SADD", ControlKeys.flights(of: worker), item.description]) { _ in }
    }

    public func itemsInFlight(of worker: String, completion: @escaping StoreCompletion<[ItemName]>) {
        command(["SMEMBERS", ControlKeys.flights(of: worker)], completion) { $0.names }
    }

    // MARK: Messages

    public func publish(report: WorkerReport) {
        connection.send(["PUBLISH", ControlKeys.reports(database: database), report.encode()]) { _ in }
    }

    /// - Parameter completion: how many listeners got it; 0 when the worker is not there.
    public func publish(_ grants: [Grant], to worker: String, completion: @escaping StoreCompletion<Int64>) {
        command(["PUBLISH", ControlKeys.grants(to: worker), Grant.encode(grants)], completion, \.integer)
    }

    /// Leave for calls beside the grants.
    public func publish(_ repeats: RepeatGrant, to worker: String) {
        connection.send(["PUBLISH", ControlKeys.grants(to: worker), repeats.encode()]) { _ in }
    }

    /// Tells a worker, should it live, that all it held was taken back.
    public func tellReaped(_ worker: String) {
        connection.send(["PUBLISH", ControlKeys.grants(to: worker), ControlKeys.reapedMessage]) { _ in }
    }
}
