import Domain
import Operations
import Store

/// Writes the events of the sender of webhooks into the log.
final class WebhookEvents: WebhookLog {
    private let log: Log

    init(log: Log) { self.log = log }

    func failing(_ name: WebhookName, reason: String) {
        log.warn("webhook_failing", ["webhook": .text(name.description), "reason": .text(reason)])
    }
    func isBack(_ name: WebhookName) { log.info("webhook_back", ["webhook": .text(name.description)]) }
    func gone(_ name: WebhookName) { log.error("webhook_gone", ["webhook": .text(name.description)]) }
    func gaveUp(_ name: WebhookName, id: String, type: String, reason: String) {
        log.warn(
            "webhook_dead_letter",
            [
                "webhook": .text(name.description), "id": .text(id), "type": .text(type), "reason": .text(reason),
            ])
    }
    func missed(_ name: WebhookName) { log.error("webhook_gap", ["webhook": .text(name.description)]) }
    func notSaved(_ name: WebhookName, _ failure: StoreFailure) {
        log.error("webhook_not_saved", ["webhook": .text(name.description), "reason": .text("\(failure)")])
    }
}
