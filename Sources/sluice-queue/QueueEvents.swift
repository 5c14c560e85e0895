import Base
import Domain
import Operations
import QueueModule
import Store

/// Writes what the queue module has to tell into the log.
final class QueueEvents: QueueLog {
    private let log: Log
    private let impairments: SharedImpairments

    init(log: Log, impairments: SharedImpairments) {
        self.log = log
        self.impairments = impairments
    }

    func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }
    func storeUp() { log.info("store_up") }
    func rollback(item: ItemName, versions: Int64, sequences: Int64) {
        log.storeRolledBack(item: item.description, versions: versions, sequences: sequences)
    }
    func gone(item: ItemName) { log.itemGone(item.description) }
    func storeEmptied() { log.storeEmptied() }
    func storeImpaired(_ impairment: Impairment) {
        if impairments.begins(impairment.cause) {
            log.storeImpaired(cause: impairment.cause.name, reason: impairment.description)
        }
    }
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {
        if impairments.ends(impairment.cause) {
            log.storeRestored(cause: impairment.cause.name, lasted: lasted)
        }
    }

    func audit(_ entry: AuditEntry) {
        log.info(
            "admin",
            [
                "action": .text(entry.action), "item": .text(entry.item), "who": .text(entry.who),
                "peer": .text(entry.peer), "before": .text(entry.before ?? "unknown"),
                "after": .text(entry.after ?? "unknown"), "certain": .bool(entry.isCertain),
            ])
    }

    func loginFailed(peer: String, failures: UInt64, isSlowed: Bool) {
        log.warn(
            "login_failed",
            ["peer": .text(peer), "failures": .integer(Int64(clamping: failures)), "slowed": .bool(isSlowed)])
    }
}
