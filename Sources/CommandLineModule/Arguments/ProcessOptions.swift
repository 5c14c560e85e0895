import Operations

extension Catalogue {
    static let data = Option(KnownOptions.data)
    static let redis = Option(
        KnownOptions.redisURL, help: "a Redis of your own: redis://host:port/0 or unix:///path; else a private one",
        default: OptionDeclaration.Fallback.none)
    static let durability = Option(KnownOptions.durability)

    /// Of the service behind the order sink of the workers.
    static let service = [
        Option(KnownOptions.sinkURL), Option(fileOf: KnownOptions.sinkSecret), Option(KnownOptions.sinkGroup),
        Option(KnownOptions.sinkCap), Option(KnownOptions.sinkFloor), Option(KnownOptions.sinkTimeout),
        Option(KnownOptions.sinkConnections), Option(KnownOptions.sinkPlain), Option(KnownOptions.inDoubtAfter),
        Option(KnownOptions.breakerMode), Option(KnownOptions.breakerWindow), Option(KnownOptions.breakerPercent),
        Option(KnownOptions.breakerSlow), Option(KnownOptions.breakerMinimum), Option(KnownOptions.breakerOpen),
        Option(KnownOptions.breakerProbes),
    ]

    /// The database of the sink postgres, also for the command that makes its table.
    static let database = [
        Option(KnownOptions.postgresURL), Option(fileOf: KnownOptions.postgresURL, help: "a file that holds it"),
    ]
    static let postgres = database + [Option(KnownOptions.postgresConnections)]

    static let up = Command(
        action: .up, words: ["up"], positionals: [],
        options: [
            data, redis, durability, Option(KnownOptions.queues), Option(KnownOptions.workers),
            Option(KnownOptions.loops), Option(KnownOptions.listen), Option(KnownOptions.adminListen),
            Option(fileOf: KnownOptions.ticketKey, help: "default DIR/ticket-key"),
            Option(fileOf: KnownOptions.adminToken, help: "default DIR/admin-token"),
            Option(fileOf: KnownOptions.metricsToken), Option(KnownOptions.sink), Option(KnownOptions.delay),
            Option(KnownOptions.delaySlots),
        ] + service + postgres + [
            Option(KnownOptions.logLevel), Option(KnownOptions.lease), Option(KnownOptions.drain),
            Option(KnownOptions.eventsRetention),
            Option(KnownOptions.maxConnections), Option(KnownOptions.maxStreams), Option(KnownOptions.redisServer),
            Option(KnownOptions.archiveFolder, help: "folder for the archives of items; default DIR/archive"),
            Option(KnownOptions.retention), Option(KnownOptions.page), Option(KnownOptions.allowOrigin),
            Option("demo", .flag, help: "make an item to try (once) and print how to buy it"),
            Option(
                "bin-dir", .nonEmpty("DIR"), help: "where the modules are", isInEnvironment: true, isHidden: true),
        ],
        summary: "run Redis and the three modules on this machine, until Ctrl-C")
}
