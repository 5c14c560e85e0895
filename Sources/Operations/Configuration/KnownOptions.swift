public import Base
public import Domain

/// What a `202` promises; see docs/operations.md.
public enum Durability: String, Sendable, CaseIterable {
    case fast, safe, replicated
}

// DESIGN
// One table for all programs, because they share one environment: `sluice up` passes its own on to its children, and a
// container sets every variable for every process. A program reads the options its schema names. A variable or a file
// key is unknown only when it is in no line here: so a typing error is found, and a setting of another program is none.

/// Every option of every program.
public enum KnownOptions {
    public static let config = Option(
        "config", .path, help: "file of settings, one name = value a line, # begins a comment")
    public static let redisURL = Option(
        "redis-url", .redisURL, default: "redis://127.0.0.1:6379", help: "the store: redis:// or unix://")
    public static let listen = Option(
        "listen", .listenAddress, default: "127.0.0.1:8080", help: "where buyers are served")
    public static let adminListen = Option(
        "admin-listen", .listenAddress, default: "127.0.0.1:8081", help: "where operators are served")
    public static let opsListen = Option(
        "ops-listen", .listenAddress, default: "127.0.0.1:0", help: "health and metrics of this process; port 0: any")
    public static let loops = Option(
        "loops", .integer(1...256), default: .cores,
        help: "event loops, each a thread with its own connection to the store")
    public static let ticketKey = Option(
        "ticket-key", .ticketKeys, help: "32 random bytes in hex that sign tickets, the same in every process")
    public static let adminToken = Option(
        "admin-token", .token, help: "what operators send as Authorization: Bearer, at least 32 characters")
    public static let metricsToken = Option(
        "metrics-token", .token, help: "opens /metrics of the admin listener and nothing else, for scrapers")
    public static let durability = Option<Durability>(
        "durability", .choice(), default: "fast", help: "what an accepted purchase survives")
    public static let lease = Option(
        "lease-ms", .milliseconds(500...60_000), default: "3000", help: "silence after which a process counts as dead")
    public static let eventsRetention = Option(
        "events-retention-hours", .integer(Limits.eventsRetention), default: "720",
        help: "for how long events can be read; 0: for ever")
    public static let sink = Option<SinkKind>(
        "sink", .choice(), default: "none",
        help: "where won purchases become orders; the same for all workers of a store")
    /// What the delay sink takes, from an option or while it runs.
    public static let delayRange = 0...600_000  // ms
    public static let delaySlotsRange = 1...100_000
    public static let delay = Option(
        "delay-ms", .milliseconds(delayRange), default: "20", help: "how long the delay sink takes for an order")
    public static let delaySlots = Option(
        "delay-slots", .integer(delaySlotsRange), default: "4", help: "how many orders the delay sink works on at once")
    public static let maxConnections = Option(
        "max-connections", .integer(1...1_000_000), default: "10000", help: "connections served at once, over all loops"
    )
    public static let maxStreams = Option(
        "max-streams", .integer(0...1_000_000), default: "0",
        help: "event streams and waiting polls at once, over all loops; 0: four fifths of max-connections")
    public static let batch = Option(
        "batch", .integer(1...Limits.batch), default: .text("\(Limits.batch)"),
        help: "purchases of one store call at most; 1 sends each on its own, to compare")
    public static let pollBudget = Option(
        "poll-budget-per-second", .integer(0...Int(Limits.pollsPerSecond.upperBound)), default: "20000",
        help: "polls a second of all who wait, in all processes; 0: no bound; live: PUT /admin/v1/settings")
    public static let logLevel = Option<LogLevel>(
        "log-level", .choice(), default: "info", help: "the least that is logged")
    public static let drain = Option(
        "drain-ms", .milliseconds(0...600_000), default: "5000",
        help: "how long a stopping process finishes what it began")
    public static let nodeName = Option(
        "node-name", .name, help: "this process in logs and in the list of nodes; default: made up at the start")
    public static let archiveFolder = Option(
        "archive-dir", .path, help: "folder for the archives of items; without it nothing can be archived")
    public static let retention = Option(
        "retention-hours", .integer(0...87_600), default: "0",
        help: "archived items are deleted so long after they were archived; 0: never")
    public static let data = Option(
        "data", .path, default: "./data", help: "folder of the store, the keys and the token")
    public static let queues = Option("queues", .integer(1...64), default: "1", help: "queue processes to run")
    public static let workers = Option("workers", .integer(1...64), default: "1", help: "worker processes to run")
    public static let redisServer = Option(
        "redis-server", .path, default: "redis-server", help: "the redis-server to run where no --redis-url is given")
    public static let url = Option(
        "url", .httpURL, default: "http://127.0.0.1:8080", help: "where the server serves buyers")
    public static let adminURL = Option(
        "admin-url", .httpURL, default: "http://127.0.0.1:8081", help: "where the server serves operators")

    // MARK: By program

    public static let queue = list(
        redisURL, listen, adminListen, metricsToken, loops, durability, maxConnections, maxStreams, batch, pollBudget,
        archiveFolder, retention, page, allowOrigin, logLevel, drain, nodeName)
    public static let queueSecrets = list(ticketKey, adminToken)
    public static let scheduler = list(redisURL, opsListen, lease, eventsRetention, logLevel, nodeName)
    public static let worker =
        list(redisURL, opsListen, sink, delay, delaySlots) + webhook + postgres + service
        + list(ticketKey, logLevel, drain, nodeName)

    /// Every option of every program, each once.
    public static let all: [OptionDeclaration] = {
        let own = list(config, data, queues, workers, redisServer, url, adminURL)
        return (queueSecrets + queue + scheduler + worker + own).reduce(into: []) { all, option in
            if !all.contains(where: { $0.name == option.name }) { all.append(option) }
        }
    }()

    static func list<each Value>(_ options: repeat Option<each Value>) -> [OptionDeclaration] {
        var list: [OptionDeclaration] = []
        for option in repeat each options { list.append(option.declaration) }
        return list
    }
}
