// Every command with its flags, as data: the parser, the help texts and the tests read this one table.
import Domain
import Operations

public enum Catalogue {
    public static let commands: [Command] =
        [up] + items + tickets + users + webhooks + tokens + settings + [
            Command(
                action: .allDoubts, words: ["doubts"], positionals: [], options: server + reading,
                summary: "list the purchases of all items of which nobody knows whether they became orders"),
            Command(
                action: .listNodes, words: ["node", "ls"], positionals: [], options: server + reading,
                summary: "list every process with its role and health"),
            Command(
                action: .listEvents, words: ["events"], positionals: [],
                options: server + [
                    Option("item", .nonEmpty("NAME"), help: "of this item; else of all"),
                    Option("after", .nonEmpty("ID"), help: "behind this event; else from the oldest that is kept"),
                    Option("follow", .flag, help: "go on with what happens, until Ctrl-C"), dryRun,
                ], summary: "what happened to purchases, oldest first, a line of JSON each"),
            Command(
                action: .capacity, words: ["capacity"], positionals: [], options: server + reading,
                summary:
                    "what each worker and each service behind them can do, as measured; its last changes and why"),
            Command(
                action: .resetCapacity, words: ["capacity", "reset"], positionals: ["RESOURCE"],
                options: server + [json, dryRun],
                summary: "forget what was learnt of a worker or a group (sluice capacity names them), ceilings included"
            ),
            Command(
                action: .top, words: ["top"], positionals: [],
                options: server + [
                    Option(interval, isInEnvironment: false),
                    Option("once", .flag, help: "print one frame, without control codes, and stop"),
                ], summary: "follow a sale on one screen: items, workers, services behind them (q quits)"),
            watch,
            Command(
                action: .status, words: ["status"], positionals: [], options: server + publicServer + reading,
                summary: "one screen: what is wrong, its cause first, items, nodes (exit 3 when buyers aren't served)"),
            Command(
                action: .doctor, words: ["doctor"], positionals: [], options: server + [redis, durability, json],
                summary: "check the running engine, Redis, persistence, clock, limits and key files: what to change"),
            plan,
            Command(
                action: .initOrders, words: ["orders", "init"], positionals: [],
                options: database + [Option("dry-run", .flag, help: "print the SQL, send nothing")],
                summary: "make the table of orders for the sink postgres, where it is missing"),
            Command(
                action: .version, words: ["version"], positionals: [], options: [json], summary: "print the version"),
            Command(
                action: .help, words: ["help"], positionals: ["[noun]"], options: [],
                summary: "explain a command"),
        ]

    private static let watch = Command(
        action: .watch, words: ["watch"], positionals: ["NAME"],
        options: server + [
            Option(minutes, isInEnvironment: false),
            Option("once", .flag, help: "print one frame, without control codes, and stop"),
            Option("json", .flag, help: "a JSON object for each second, until Ctrl-C"),
        ],
        summary: "draw what comes in, waits, is sold and held of an item, second by second (q quits)")

    // MARK: Flags

    static let minutes = Operations.Option(
        "minutes", .integer(1...Limits.seriesSeconds / 60), default: "3", help: "how far back the curves go")

    static let json = Option("json", .flag, help: "JSON for programs")
    static let interval = Operations.Option(
        "interval-ms", .integer(100...60_000), default: "1000", help: "between two looks")
    static let dryRun = Option("dry-run", .flag, help: "print the request, send nothing")
    static let yes = Option("yes", .flag, help: "do not ask")
    static let reading = [
        json, Option("watch", .flag, help: "follow: look again every second, print on change"), dryRun,
    ]
    static let server = [
        Option("url", .nonEmpty("URL"), help: "admin server\(byDefault(KnownOptions.adminURL))"),
        Option("admin-url", .nonEmpty("URL"), help: "the same", isInEnvironment: true),
        Option(fileOf: KnownOptions.adminToken, help: "its token (also SLUICE_ADMIN_TOKEN)"),
        data,
    ]
    static let publicServer = [
        Option("public-url", .nonEmpty("URL"), help: "public server\(byDefault(KnownOptions.url)); also SLUICE_URL")
    ]

    private static func byDefault(_ option: Operations.Option<String>) -> String {
        option.fallback.map { " (default \($0))" } ?? ""
    }

    /// Each is sent in milliseconds, under its own name.
    static let payTimes = [
        Operations.Option(
            "pay-window", .duration(Limits.payTime),
            help: "winners must pay within it, such as 15m; else 0: sold at once; holds for later wins"),
        Operations.Option(
            "pay-grace", .duration(Limits.payTime), help: "a payment is taken for so much longer, such as 30s; else 0"),
        Operations.Option(
            "pay-spread", .duration(Limits.payTime),
            help: "up to so much is added to the window, a buyer, so that payments come spread; else 0"),
    ]

    // MARK: Nouns

    static let items = [
        Command(
            action: .listItems, words: ["item", "ls"], positionals: [],
            options: server + reading + [
                Option("all", .flag, help: "also what sluice-rush and sluice-load made and closed")
            ],
            summary: "list the items with stock, sold and waiting"),
        Command(
            action: .showItem, words: ["item", "show"], positionals: ["NAME"], options: server + reading,
            summary: "show one item with all its counters"),
        Command(
            action: .putItem, words: ["item", "put"], positionals: ["NAME"],
            options: server + [
                Option("stock", .units(Limits.stock), help: "units in total, needed for a new item"),
                Option("queue-limit", .units(Limits.queueLimit), help: "purchases that may wait; else 3 × stock"),
                Option(
                    "per-user-limit", .limit(1...Int64(Limits.purchasesPerUser)), help: "purchases a user; else 1"),
                Option("per-user-units", .limit(Limits.unitsPerUser), help: "units a user; else none"),
                Option("opens-at", .nonEmpty("TIME"), help: "RFC 3339, or none"),
                Option("closes-at", .nonEmpty("TIME"), help: "RFC 3339, or none; one that is past asks first"),
                Option("on-sold-out", .oneOf(["waitlist", "close"]), help: "what happens then; else waitlist"),
                Option("weight", .units(Limits.weight), help: "share of the drain rate; else 1"),
            ] + payTimes.map { Option($0, isInEnvironment: false) } + [
                Option(
                    "as-new", .flag, help: "also where the store lost an item of this name that was sold from"),
                json, dryRun, yes,
            ],
            summary: "create an item, or change what is given; lowering the stock asks first, limits take no place away"
        ),
        change(.pauseItem, "pause", "stop the drain and the intake; every place is kept"),
        change(.holdItem, "hold", "stop the drain alone; buyers may still join"),
        change(.resumeItem, "resume", "end a pause or a hold"),
        change(.closeItem, "close", "end intake for good; who waits is still served (asks first)", [yes]),
        change(.thawItem, "thaw", "let an item go on that was frozen after a rollback (asks first)", [yes]),
        Command(
            action: .itemDoubts, words: ["item", "doubts"], positionals: ["NAME"], options: server + reading,
            summary: "list the purchases of an item of which nobody knows whether they became orders"),
        change(
            .restockItem, "restock", "add units",
            [
                Option(
                    "units", .units(1...Limits.stock.upperBound),
                    help: "units to add, to at most \(Limits.stock.upperBound) in all", isNeeded: true)
            ]),
        Command(
            action: .itemPurchases, words: ["item", "purchases"], positionals: ["NAME"],
            options: server + [
                Option("state", .nonEmpty("STATE"), help: "only those in it, such as sold; several with commas"),
                Option("user", .nonEmpty("USER"), help: "only those of this user"),
                Option("tickets", .flag, help: "with their tickets, which open what their buyers may do"),
                Option("format", .oneOf(["table", "csv", "ndjson"]), help: "table: the first 1000; else table"),
                json, dryRun,
            ], summary: "show who bought what, with order and payment"),
        change(.archiveItem, "archive", "write all purchases of a closed item to a file of the server, and check it"),
        change(
            .deleteItem, "delete", "delete a closed and archived item with all it has (asks first)",
            [Option("force", .flag, help: "also one that has not ended or is not archived: says what is lost"), yes]),
    ]

    static let tickets: [Command] = {
        let buyers = [
            Option(
                "url", .nonEmpty("URL"), help: "public server\(byDefault(KnownOptions.url))", isInEnvironment: true),
            data,
        ]
        return [
            Command(
                action: .showTicket, words: ["ticket", "show"], positionals: ["TICKET"], options: buyers + reading,
                summary: "where a ticket stands, until when it must be paid, and its refund"),
            Command(
                action: .cancelTicket, words: ["ticket", "cancel"], positionals: ["TICKET"],
                options: buyers + [json, dryRun, yes],
                summary: "leave the queue, or give a reserved unit back (asks first)"),
            Command(
                action: .payTicket, words: ["ticket", "pay"], positionals: ["TICKET"],
                options: server + [
                    Option("paid", .reference, help: "it was paid: the shop's reference of the payment"),
                    Option("failed", .reference, help: "a payment failed; the unit is held until its deadline"),
                    json, dryRun,
                ],
                summary: "report a payment of a reserved ticket; the same reference may be reported again"),
            Command(
                action: .refundTicket, words: ["ticket", "refund"], positionals: ["TICKET"],
                options: server + publicServer + [
                    Option("reference", .reference, help: "the shop's reference of the refund", isNeeded: true),
                    Option("keep-unit", .flag, help: "its units stay sold; else they go to the next in line"),
                    json, dryRun, yes,
                ],
                summary: "note that a sold ticket was paid back (asks first); the first refund of a ticket decides"),
            settleTicket,
        ]
    }()

    private static let settleTicket = Command(
        action: .settleTicket, words: ["ticket", "settle"], positionals: ["TICKET"],
        options: server + publicServer + [
            Option("confirmed", .note("ORDER"), help: "the order exists: its reference, which the buyer sees"),
            Option("refused", .flag, help: "there is no order, and will be none; the units go to the next in line"),
            Option("reason", .note("TEXT"), help: "why; of a refusal the buyer sees it"),
            json, dryRun, yes,
        ],
        summary: "end a ticket in doubt as you found it in the order service (asks first); the first decision stays")

    static let users = [
        Command(
            action: .showUser, words: ["user", "show"], positionals: ["USER"], options: server + reading,
            summary: "what a user bought or waits for, of every item")
    ]

    static let settings = [
        Command(
            action: .showSettings, words: ["settings", "show"], positionals: [], options: server + reading,
            summary: "what holds for all processes and can be changed while they run"),
        Command(
            action: .putSettings, words: ["settings", "put"], positionals: [],
            options: server + [
                Option(
                    KnownOptions.pollBudget.declaration.name, .limit(Limits.pollsPerSecond),
                    help: "polls a second of all who wait together, or none"),
                json, dryRun,
            ], summary: "change what is given, for all processes, within about 2 s"),
    ]

    private static func change(
        _ action: Command.Action, _ verb: String, _ summary: String, _ more: [Option] = []
    ) -> Command {
        Command(
            action: action, words: ["item", verb], positionals: ["NAME"], options: server + more + [json, dryRun],
            summary: summary)
    }
}
