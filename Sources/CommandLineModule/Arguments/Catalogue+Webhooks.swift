extension Catalogue {
    static let webhooks = [
        Command(
            action: .listWebhooks, words: ["webhook", "ls"], positionals: [], options: server + reading,
            summary: "list the webhooks to shops, and how they stand"),
        Command(
            action: .showWebhook, words: ["webhook", "show"], positionals: ["NAME"], options: server + reading,
            summary: "show one webhook: what it sends, how far it is, why it fails"),
        Command(
            action: .putWebhook, words: ["webhook", "put"], positionals: ["NAME"],
            options: server + [
                Option("to", .nonEmpty("URL"), help: "where events are sent, https:// or, within the house, http://"),
                Option(
                    "types", .nonEmpty("TYPE,…"), help: "such as sluice.ticket.sold,sluice.ticket.expired; else all"),
                Option("items", .nonEmpty("NAME,…"), help: "of these items; else all"),
                Option("enable", .flag, help: "send from where it stopped"),
                Option("disable", .flag, help: "send nothing; what happens is kept in the feed"),
                json, dryRun,
            ], summary: "make a webhook and print its secret, or change what is given"),
        Command(
            action: .rotateWebhook, words: ["webhook", "rotate"], positionals: ["NAME"],
            options: server + [json, dryRun],
            summary: "print a new secret; the former one signs beside it for 24 hours"),
        Command(
            action: .deleteWebhook, words: ["webhook", "delete"], positionals: ["NAME"],
            options: server + [json, dryRun, yes],
            summary: "forget a webhook and what it has not delivered (asks first)"),
        Command(
            action: .listDeliveries, words: ["webhook", "deliveries"], positionals: ["NAME"],
            options: server + [Option("dead", .flag, help: "those that were given up")] + reading,
            summary: "list the events that wait for their retry"),
        Command(
            action: .replayWebhook, words: ["webhook", "replay"], positionals: ["NAME"],
            options: server + [
                Option("after", .nonEmpty("EVENT"), help: "all that happened after this event (its id)"),
                Option("all", .flag, help: "all that the feed still has"),
                Option("dead", .flag, help: "the dead letters"), json, dryRun,
            ], summary: "have events sent again, under their ids"),
    ]
}
