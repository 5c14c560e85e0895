import Base

// What keeps shops from being notified. A sale goes on without it, so it stands behind what stops one.
extension Trouble {
    static func webhooks(_ facts: ClusterFacts) -> [Trouble] {
        let all = facts.nodes.filter { $0.isAlive && $0.leads }.flatMap(\.webhooks)
        return all.filter { !$0.isWell }.compactMap(trouble)
    }

    private static func trouble(_ webhook: ClusterFacts.Webhook) -> Trouble? {
        let name = "webhook \(webhook.name)"
        let look = "sluice webhook show \(webhook.name)"
        if webhook.isGone {
            return Trouble(
                .webhook, "\(name) stands still: its receiver answered 410, it wants no more",
                "correct its URL, or delete it: sluice webhook put \(webhook.name) --enable begins where it stopped")
        }
        if webhook.isFull {
            return Trouble(
                .webhook,
                "\(name) stands still: \(Limits.webhookPending) events wait for their retry (\(webhook.reason))",
                "look at the receiver, and at \(look)")
        }
        if webhook.failingMilliseconds >= Limits.webhookStands.wholeMilliseconds {
            return Trouble(
                .webhook,
                "\(name) stands still for \(webhook.failingMilliseconds / 1_000) s: \(webhook.reason)",
                "look at the receiver; it goes on by itself when it answers. \(look) shows more")
        }
        if webhook.gaps > 0 {
            return Trouble(
                .webhook, "\(name) missed events that were no longer kept when their turn came",
                "read what is missing from the books; a replay ends this warning", .warning)
        }
        guard webhook.dead > 0 else { return nil }
        return Trouble(
            .webhook, "\(name) has \(webhook.dead) dead letters",
            "sluice webhook deliveries \(webhook.name) --dead shows them, webhook replay --dead sends them again",
            .warning)
    }
}
