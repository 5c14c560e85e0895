import Base
import Domain
import Operations
import Store

/// Writes the events of a scheduler into the log.
final class SchedulerEvents: SchedulerLog, StoreReporter {
    let log: Log

    init(log: Log) { self.log = log }

    func leading(term: Int64) { log.info("leading", ["term": .integer(term)]) }
    func following() { log.info("following") }
    func workerLost(_ worker: String) { log.warn("worker_lost", ["worker": .text(worker)]) }
    func workerUnlike(_ worker: String) {
        let reason = "it places no orders, and the other workers of this store do: it gets no grants"
        log.error("sink_differs", ["worker": .text(worker), "reason": .text(reason)])
    }
    func reaped(worker: String, item: ItemName, purchases: Int64) {
        log.info(
            "reaped",
            ["worker": .text(worker), "item": .text(item.description), "purchases": .integer(purchases)])
    }
    func reopened(item: ItemName) { log.info("item_reopened", ["item": .text(item.description)]) }
    func capacityReset(name: String, isKnown: Bool) {
        log.info("capacity_reset", ["name": .text(name), "known": .integer(isKnown ? 1 : 0)])
    }
    func reopening(done: Int, items: Int) {
        log.info("reopening", ["done": .integer(Int64(done)), "items": .integer(Int64(items))])
    }
    func reopenedAll(items: Int, took: TimeSpan) {
        log.info("items_reopened", ["items": .integer(Int64(items)), "took_ms": .integer(took.wholeMilliseconds)])
    }
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure) {
        log.error(
            "store_call_failed",
            ["call": .text(call), "item": .text(item.description), "reason": .text("\(failure)")])
    }
    func clocksParted(by span: TimeSpan) { log.error("clocks_apart", ["apart_ms": .integer(span.wholeMilliseconds)]) }
    func clocksAgree() { log.info("clocks_agree") }
    func clockBelieved(storeAhead: TimeSpan) {
        log.warn("clock_believed", ["store_ahead_ms": .integer(storeAhead.wholeMilliseconds)])
    }
    func clockWentBack(by span: TimeSpan) {
        log.warn("clock_went_back", ["back_ms": .integer(span.wholeMilliseconds)])
    }
}
