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
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure) {
        log.error(
            "store_call_failed",
            ["call": .text(call), "item": .text(item.description), "reason": .text("\(failure)")])
    }
    func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }
    func storeUp() { log.info("store_up") }

    func sinkDown(reason: String) { log.error("sink_down", ["reason": .text(reason)]) }
    func sinkUp() { log.info("sink_up") }
    func batchFailed(purchases: Int, reason: String) {
        log.error("orders_failed", ["purchases": .integer(purchases), "reason": .text(reason)])
    }
    func ordersUnanswered(purchases: Int) { log.warn("orders_unanswered", ["purchases": .integer(purchases)]) }
}
