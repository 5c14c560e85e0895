import Base
import Domain
import Operations
import Store
import WorkerModule

/// Writes what the worker has to tell into the log.
final class WorkerEvents: WorkerLog, SinkLog {
    private let log: Log

    init(log: Log) { self.log = log }

    func fenced(item: ItemName, purchases: Int) {
        log.warn("fenced", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func itemDeleted(_ item: ItemName, purchases: Int, confirmed: Int) {
        log.warn(
            "item_deleted",
            [
                "item": .text(item.description), "purchases": .integer(purchases), "confirmed": .integer(confirmed),
            ])
    }
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure) {
        log.error(
            "store_call_failed",
            ["call": .text(call), "item": .text(item.description), "reason": .text("\(failure)")])
    }
    func notListed(_ failure: StoreFailure) {
        log.error("store_call_failed", ["call": "enlist", "reason": .text("\(failure)")])
    }
    func enlisted(sink: SinkKind) { log.info("enlisted", ["sink": .text(sink.rawValue)]) }
    func unlike(reason: String) { log.error("sink_differs", ["reason": .text(reason)]) }
    func breakerChanged(group: String, to state: BreakerState, isTripped: Bool, seen: (calls: Int64, bad: Int64)) {
        let fields: Log.Fields = [
            "group": .text(group), "state": .text(state.name), "tripped": .bool(isTripped),
            "calls": .integer(seen.calls), "bad": .integer(seen.bad),
        ]
        if isTripped && state != .halfOpen { log.error("breaker", fields) } else { log.info("breaker", fields) }
    }
    func unanswered(group: String, reason: String) {
        log.warn("sink_unanswered", ["group": .text(group), "reason": .text(reason)])
    }
    func nameless(item: ItemName, purchases: Int) {
        log.error("ticket_key_missing", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func inDoubt(item: ItemName, purchases: Int) {
        log.error("in_doubt", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func revived(item: ItemName, purchases: Int) {
        log.info("asked_again", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }
    func storeUp() { log.info("store_up") }
    func rollback(item: ItemName, versions: Int64, sequences: Int64) {
        log.storeRolledBack(item: item.description, versions: versions, sequences: sequences)
    }
    func gone(item: ItemName) { log.itemGone(item.description) }
    func storeEmptied() { log.storeEmptied() }
    func storeImpaired(_ impairment: Impairment) {
        log.storeImpaired(cause: impairment.cause.name, reason: impairment.description)
    }
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {
        log.storeRestored(cause: impairment.cause.name, lasted: lasted)
    }

    func sinkDown(reason: String) { log.error("sink_down", ["reason": .text(reason)]) }
    func sinkUp() { log.info("sink_up") }
    func batchFailed(purchases: Int, reason: String) {
        log.error("orders_failed", ["purchases": .integer(purchases), "reason": .text(reason)])
    }
    func ordersUnanswered(purchases: Int) { log.warn("orders_unanswered", ["purchases": .integer(purchases)]) }
}
