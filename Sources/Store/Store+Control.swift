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
    ///
    /// - Parameter highest: the highest term that this process knows of; a new one is above it, whatever the store
    /// counts.
    public func lead(
        as node: String, lease: TimeSpan, above highest: Int64, completion: @escaping StoreCompletion<Leadership>
    ) {
        connection.evaluate(
            Scripts.lead, keyCount: 2, argumentCount: 5,
            build: { writer in
                writer.argument(ControlKeys.leader)
                writer.argument(ControlKeys.term)
                writer.argument(node)
                writer.argument(lease.wholeMilliseconds)
                writer.argument(highest)
            },
            completion: interpret(completion) { reply in
                guard let code = LeadCode(rawValue: reply.status), let number = reply.integer(1) else { return nil }
                return code == .leads ? .leads(term: number) : .follows(leaseEnds: .milliseconds(max(0, number)))
            })
    }

    public func readyItems(completion: @escaping StoreCompletion<[ItemName]>) {
        names(in: ControlKeys.ready, completion: completion)
    }

    /// - Parameter completion: whether it was marked.
    public func unmarkReady(_ item: ItemName, completion: @escaping StoreCompletion<Bool>) {
        command(["SREM", ControlKeys.ready, item.description], completion) { $0.integer.map { $0 > 0 } }
    }

    /// Keeps the mark of an item whose purchases wait; also while the store is full.
    public func keepReady(_ item: ItemName) {
        noteHint(["SADD", ControlKeys.ready, item.description])
    }

    // MARK: Hints of the leader

    /// Saves what was measured, for the next leader; it expires after `Limits.hintAge`.
    public func save(_ hints: [ResourceHint]) {
        let age = "\(Limits.hintAge.wholeMilliseconds)"
        noteHint(["SET", ControlKeys.hints, ResourceHint.encode(hints), "PX", age])
    }

    /// What the last leader saved; empty when that is too long ago, or damaged.
    public func hints(completion: @escaping StoreCompletion<[ResourceHint]>) {
        // Where the store's clock was set back, they live for as much longer, and are too old all the same.
        var isFresh = false
        command(["PTTL", ControlKeys.hints], { isFresh = (try? $0.get()) ?? false }) { value in
            value.integer.map { (0...Limits.hintAge.wholeMilliseconds).contains($0) }
        }
        command(["GET", ControlKeys.hints], completion) { value in
            isFresh ? value.bytes.flatMap(ResourceHint.decode) ?? [] : []
        }
    }

    // MARK: Flights

    /// Items that a worker of an earlier release noted as those it may hold purchases of. Today `deduct` notes the
    /// worker in the item instead.
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

    /// Permits for calls beside the grants.
    public func publish(_ retries: RetryGrant, to worker: String) {
        hint(["PUBLISH", ControlKeys.grants(to: worker), retries.encode()])
    }

    /// Notifies a worker, should it live, that all it held was taken back.
    public func notifyReaped(_ worker: String) {
        hint(["PUBLISH", ControlKeys.grants(to: worker), ControlKeys.reapedMessage])
    }
}
