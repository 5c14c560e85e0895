import Base
import Domain
import Operations
import Store

/// Writes the events of a worker into the log.
final class WorkerEvents: WorkerLog, SinkLog, StoreReporter {
    let log: Log

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
    func sinkDiffers(reason: String) { log.error("sink_differs", ["reason": .text(reason)]) }
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
    func ticketKeyMissing(item: ItemName, purchases: Int) {
        log.error("ticket_key_missing", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func inDoubt(item: ItemName, purchases: Int) {
        log.error("in_doubt", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func revived(item: ItemName, purchases: Int) {
        log.info("asked_again", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func sinkDown(reason: String) { log.error("sink_down", ["reason": .text(reason)]) }
    func sinkUp() { log.info("sink_up") }
    func batchFailed(purchases: Int, reason: String) {
        log.error("orders_failed", ["purchases": .integer(purchases), "reason": .text(reason)])
    }
    func ordersUnanswered(purchases: Int) { log.warn("orders_unanswered", ["purchases": .integer(purchases)]) }
}
