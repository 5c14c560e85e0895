import Domain
import Operations
import QueueModule

/// Writes what the queue module has to tell into the log.
final class QueueEvents: QueueLog {
    private let log: Log

    init(log: Log) { self.log = log }

    func rollback(item: ItemName, versions: Int64, sequences: Int64) {
        log.error(
            "store_rolled_back",
            [
                "item": .text(item.description), "versions_lost": .integer(versions),
                "sequences_lost": .integer(sequences),
                "advice":
                    "the store lost what it acknowledged; the item is frozen until an operator decides",
            ])
    }

    func gone(item: ItemName) {
        log.error(
            "item_gone",
            [
                "item": .text(item.description),
                "advice":
                    "the store lost an item that was sold here, or is another store",
            ])
    }

    func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }
    func storeUp() { log.info("store_up") }

    func audit(action: String, item: String) {
        log.info("admin", ["action": .text(action), "item": .text(item)])
    }
}
