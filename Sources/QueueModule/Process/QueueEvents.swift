import Base
import Operations
import Store

/// Writes the events of a queue process into the log.
final class QueueEvents: QueueLog, StoreReporter {
    let log: Log
    private let impairments: SharedImpairments

    init(log: Log, impairments: SharedImpairments) {
        self.log = log
        self.impairments = impairments
    }

    func storeImpaired(_ impairment: Impairment) {
        if impairments.begins(impairment.cause) { report(impaired: impairment) }
    }

    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {
        if impairments.ends(impairment.cause) { report(restored: impairment, after: lasted) }
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
