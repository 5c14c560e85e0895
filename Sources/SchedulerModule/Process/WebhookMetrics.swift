import Base
import Domain
import Operations

/// How the webhooks stand, for the list of nodes and as metrics.
enum WebhookMetrics {
    /// Those that do not stand as they should; the list of nodes is for what is wrong.
    static func described(_ states: [WebhookState]) -> [ClusterFacts.Webhook] {
        states.filter { !$0.isDisabled }.map { state in
            var webhook = ClusterFacts.Webhook(state.name)
            webhook.failingMilliseconds = state.failing.wholeMilliseconds
            webhook.reason = state.reason
            (webhook.isGone, webhook.isFull) = (state.isGone, state.isFull)
            (webhook.dead, webhook.gaps) = (state.dead, state.gaps)
            return webhook
        }.filter { !$0.isWell }
    }

    static func add(_ states: [WebhookState], to page: inout MetricsPage) {
        for state in states {
            for (result, count) in [
                ("delivered", state.counts.delivered), ("failed", state.counts.failed), ("dead", state.counts.dead),
            ] {
                page.counter(
                    "sluice_webhook_deliveries_total", help: "calls to shops by what came of them; dead: given up",
                    labels: ["webhook": state.name, "result": result], Int64(clamping: count))
            }
            let labels: MetricsPage.Labels = ["webhook": state.name]
            page.gauge(
                "sluice_webhook_failing_seconds", help: "for how long no delivery of it has succeeded; 0 while they do",
                labels: labels, .scaled(state.failing.wholeMilliseconds, .milliseconds))
            page.gauge(
                "sluice_webhook_undelivered", help: "events read from the feed and not delivered", labels: labels,
                Int64(state.undelivered))
            page.gauge("sluice_webhook_dead_letters", help: "dead letters kept", labels: labels, state.dead)
            page.gauge(
                "sluice_webhook_gone", help: "1 once the receiver answered 410", labels: labels, state.isGone ? 1 : 0)
            page.gauge(
                "sluice_webhook_gaps", help: "times that events were no longer kept when their turn came",
                labels: labels, state.gaps)
        }
    }
}
