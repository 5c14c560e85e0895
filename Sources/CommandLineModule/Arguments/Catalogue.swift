// Every command with its flags, as data: the parser, the help texts and the tests read this one table.
import Domain

public enum Catalogue {
    public static let commands: [Command] =
        [up] + items + tickets + settings + [
            Command(
                action: .listNodes, words: ["node", "ls"], positionals: [], options: server + reading,
                summary: "list every process with its role and health"),
            Command(
                action: .capacity, words: ["capacity"], positionals: [], options: server + reading,
                summary: "what each worker and each service behind them can do, as the scheduler measures it"),
            Command(
                action: .resetCapacity, words: ["capacity", "reset"], positionals: ["RESOURCE"],
                options: server + [json, dryRun],
                summary: "forget what was learnt of a worker or a group (sluice capacity names them), ceilings included"
            ),
            Command(
                action: .top, words: ["top"], positionals: [],
                options: server + [
                    Option("interval-ms", .integer(100...60_000), "N", help: "between two looks (default 1000)"),
                    Option("once", .flag, help: "print one frame, without control codes, and stop"),
                ], summary: "follow a sale on one screen: items, workers, services behind them (q quits)"),
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

    // MARK: Flags

    static let data = Option("data", .text, "DIR", help: "data folder (default ./data)", isInEnvironment: true)
    static let redis = Option(
        "redis-url", .text, "URL", help: "a Redis of your own: redis://host:port/0 or unix:///path",
        isInEnvironment: true)
    static let durability = Option(
        "durability", .choice(["fast", "safe", "replicated"]), "LEVEL", help: "what a 202 is worth (default fast)",
        isInEnvironment: true)
    static let json = Option("json", .flag, help: "JSON for programs")
    static let dryRun = Option("dry-run", .flag, help: "print the request, send nothing")
    static let yes = Option("yes", .flag, help: "do not ask")
    static let reading = [
        json, Option("watch", .flag, help: "follow: look again every second, print on change"), dryRun,
    ]
    static let server = [
        Option("url", .text, "URL", help: "admin server (default http://127.0.0.1:8081)"),
        Option("admin-url", .text, "URL", help: "the same", isInEnvironment: true),
        Option("admin-token-file", .text, "FILE", help: "its token (also SLUICE_ADMIN_TOKEN)", isInEnvironment: true),
        data,
    ]
    static let publicServer = [
        Option("public-url", .text, "URL", help: "public server (default http://127.0.0.1:8080; also SLUICE_URL)")
    ]

    // MARK: Nouns

    static let up = Command(
        action: .up, words: ["up"], positionals: [],
        options: [
            data, redis, durability,
            Option("queues", .integer(1...64), "N", help: "queue processes (default 1)", isInEnvironment: true),
            Option("workers", .integer(1...64), "N", help: "worker processes (default 1)", isInEnvironment: true),
            Option("loops", .integer(1...256), "N", help: "event loops a queue process", isInEnvironment: true),
            Option(
                "listen", .address, "HOST:PORT", help: "public address (default 127.0.0.1:8080)",
                isInEnvironment: true),
            Option(
                "admin-listen", .address, "HOST:PORT", help: "admin address (default 127.0.0.1:8081)",
                isInEnvironment: true),
            Option("ticket-key-file", .text, "FILE", help: "default DIR/ticket-key", isInEnvironment: true),
            Option("admin-token-file", .text, "FILE", help: "default DIR/admin-token", isInEnvironment: true),
            Option(
                "metrics-token-file", .text, "FILE", help: "a token that opens /metrics and nothing else",
                isInEnvironment: true),
            Option(
                "sink", .text, "SINK", help: "where won purchases become orders: none, delay, webhook, postgres",
                isInEnvironment: true),
            Option("delay-ms", .integer(0...600_000), "N", help: "the delay sink's time", isInEnvironment: true),
            Option("delay-slots", .integer(1...100_000), "N", help: "the delay sink's slots", isInEnvironment: true),
        ] + service + postgres + [
            Option(
                "log-level", .choice(["debug", "info", "warn", "error"]), "LEVEL", help: "the least the modules log",
                isInEnvironment: true),
            Option(
                "lease-ms", .integer(500...60_000), "N", help: "silence after which a module counts as dead",
                isInEnvironment: true),
            Option(
                "drain-ms", .integer(0...600_000), "N", help: "how long a stopping module finishes (default 5000)",
                isInEnvironment: true),
            Option(
                "max-connections", .integer(1...1_000_000), "N", help: "connections of a queue process",
                isInEnvironment: true),
            Option("redis-server", .text, "PROGRAM", help: "the redis-server to run", isInEnvironment: true),
            Option("demo", .flag, help: "make an item to try (once) and print how to buy it"),
            Option("bin-dir", .text, "DIR", help: "where the modules are", isInEnvironment: true, isHidden: true),
        ],
        summary: "run Redis and the three modules on this machine, until Ctrl-C")

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
                Option("stock", .integer(Limits.stock), "N", help: "units in total (needed for a new item)"),
                Option(
                    "queue-limit", .integer(Limits.queueLimit), "N", help: "purchases that may wait (default 3 × stock)"
                ),
                Option(
                    "per-user-limit", .limit(1...Int64(Limits.purchasesPerUser)), "N",
                    help: "purchases a user (default 1)"),
                Option(
                    "per-user-units", .limit(Limits.unitsPerUser), "N", help: "units a user, or none (default none)"),
                Option("opens-at", .text, "TIME", help: "RFC 3339, or none"),
                Option("closes-at", .text, "TIME", help: "RFC 3339, or none; one that is past asks first"),
                Option("on-sold-out", .choice(["waitlist", "close"]), "WAY", help: "waitlist (default) or close"),
                Option("weight", .integer(Limits.weight), "N", help: "share of the drain rate (default 1)"),
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
        change(
            .restockItem, "restock", "add units",
            [
                Option(
                    "units", .integer(1...1_000_000_000), "N", help: "units to add, to at most 1,000,000,000 in all",
                    isNeeded: true)
            ]),
    ]

    static let tickets: [Command] = {
        let server = [
            Option("url", .text, "URL", help: "public server (default http://127.0.0.1:8080)", isInEnvironment: true),
            data,
        ]
        return [
            Command(
                action: .showTicket, words: ["ticket", "show"], positionals: ["TICKET"], options: server + reading,
                summary: "where a ticket stands"),
            Command(
                action: .cancelTicket, words: ["ticket", "cancel"], positionals: ["TICKET"],
                options: server + [json, dryRun, yes],
                summary: "leave the queue, or give a reserved unit back (asks first)"),
        ]
    }()

    static let settings = [
        Command(
            action: .showSettings, words: ["settings", "show"], positionals: [], options: server + reading,
            summary: "what holds for all processes and can be changed while they run"),
        Command(
            action: .putSettings, words: ["settings", "put"], positionals: [],
            options: server + [
                Option(
                    "poll-budget-per-second", .limit(Limits.pollsPerSecond), "N",
                    help: "polls a second of all who wait together, or none"),
                json, dryRun,
            ], summary: "change what is given, for all processes, within about 2 s"),
    ]

    static let plan: Command = {
        let costs = Costs()
        func cost(_ name: String, _ placeholder: String, _ value: Double, _ what: String) -> Option {
            Option(name, .number(0...1_000_000), placeholder, help: "\(what) (default \(decimal(value)))")
        }
        return Command(
            action: .plan, words: ["plan"], positionals: [],
            options: [
                Option("arrivals", .number(0...1_000_000_000), "N", help: "buyers a second, all the time (default 0)"),
                Option("stock", .integer(1...1_000_000_000), "N", help: "units on sale (needed)", isNeeded: true),
                Option(
                    "service-ms", .number(0.001...3_600_000), "N", help: "mean time of one order at the sink (needed)",
                    isNeeded: true),
                Option("workers", .integer(1...100_000), "N", help: "worker processes (default 1)"),
                Option("slots", .integer(1...100_000), "N", help: "orders a worker places at once (default 1)"),
                Option(
                    "spike-arrivals", .number(0...1_000_000_000), "N", help: "buyers more at the opening (default 0)"),
                Option("spike-seconds", .number(0.001...86_400), "N", help: "within this time (default 1)"),
                Option(
                    "queue-limit", .integer(1...1_000_000_000), "N",
                    help: "purchases that may wait (default stock × factor + margin)"),
                Option("queue-factor", .number(0...1_000_000), "N", help: "its factor (default 3)"),
                Option("queue-margin", .integer(0...1_000_000_000), "N", help: "its margin (default 0)"),
                cost("purchase-us", "US", costs.purchase, "µs of sluice-queue a purchase"),
                cost("poll-us", "US", costs.poll, "µs of sluice-queue a poll"),
                cost("redis-admit-us", "US", costs.redisAdmit, "µs of Redis a purchase"),
                cost("redis-order-us", "US", costs.redisOrder, "µs of Redis an order"),
                cost("worker-us", "US", costs.worker, "µs of sluice-worker an order"),
                cost("waiting-bytes", "BYTES", costs.waiting, "bytes of Redis a purchase"),
                cost("connection-bytes", "BYTES", costs.connection, "bytes of sluice-queue an idle connection"),
                json,
            ], summary: "compute waits, queue lengths and what a sale needs, before it is held")
    }()

    private static func change(
        _ action: Command.Action, _ verb: String, _ summary: String, _ more: [Option] = []
    ) -> Command {
        Command(
            action: action, words: ["item", verb], positionals: ["NAME"], options: server + more + [json, dryRun],
            summary: summary)
    }
}
