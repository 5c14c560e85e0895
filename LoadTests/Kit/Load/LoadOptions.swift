/// What the caller of `sluice-load` asked for, within bounds: a test is finite in count and in time.
public struct LoadOptions: Sendable, Equatable {
    public static let usage = """
        usage: sluice-load --scenario NAME|FILE [--flag value]…

        Loads a sluice on this machine as a scenario says, measures it and judges the sale.

          --scenario NAME        a file, or the name of one in LoadTests/scenarios; `--scenario rush` first is
                                 sluice-rush, with its flags
          --url URL              public listener; without it http://127.0.0.1:8080, and where nothing listens there,
                                 a server is started for this run and stopped after it
          --admin-url URL        admin listener (http://127.0.0.1:8081)
          --token-file PATH      admin token, to make the items (./data/admin-token)
          --rate N               arrivals a second, on the average, 1...1000000
          --seconds N            how long arrivals come, 0.1...86400
          --connections N        keep-alive connections, 1...10000
          --idle-connections N   held open beside them from several addresses, 0...100000
          --stock N              units of each item, 0...1000000000
          --bots N               buyers who ask again at once, whatever they are told, 0...1000
          --p99-ms N             the threshold of p99, and of the knee
          --seed N               who comes when and wants what (random, and printed)
          --closed               no pacing: each connection asks again when it was answered
          --find-knee            raises the rate until p99 passes its threshold or answers stop following
          --json FILE            the result as JSON
          --svg FILE             the result as a chart
          --quiet                no progress line
          --sluice PATH          the program that serves when a server is started (beside this one)
          --up WORD              one more word for that server's `sluice up`; may be repeated

        SLUICE_URL, SLUICE_ADMIN_URL, SLUICE_ADMIN_TOKEN, SLUICE_ADMIN_TOKEN_FILE and SLUICE_DATA
        say what flags leave out.

        exit: 0 all kept, 1 not run to its end, 2 usage, 3 a threshold was missed or a promise was broken
        """

    public private(set) var scenario = ""
    public private(set) var server: ServerOptions
    public private(set) var rate: Double?
    public private(set) var seconds: Double?
    public private(set) var connections: Int?
    public private(set) var idleConnections: Int?
    public private(set) var stock: Int64?
    public private(set) var bots: Int?
    public private(set) var p99Milliseconds: Double?
    public private(set) var seed: UInt64?
    public private(set) var isClosed = false
    public private(set) var findsKnee = false
    public private(set) var json: String?
    public private(set) var svg: String?
    public private(set) var isQuiet = false
    public private(set) var up: [String] = []
    public private(set) var isHelp = false

    /// Reads `--flag value` and `--flag=value`; what is left out there the environment may say.
    public init(_ arguments: [String], _ surroundings: Surroundings = .none) throws(Misuse) {
        server = try ServerOptions(surroundings)
        var read = self
        try Flag.read(
            arguments, flags: ServerOptions.flags + Self.flags, takeSwitch: { read.takeSwitch($0) },
            take: { flag, value throws(Misuse) in try read.take(flag, value) })
        self = read
        if isClosed, findsKnee { throw Misuse(problem: "--find-knee needs an open loop, so not --closed") }
        if scenario.isEmpty, !isHelp { throw Misuse(problem: "which scenario? --scenario NAME or FILE") }
    }

    /// The scenario with what the flags change.
    public func apply(to scenario: Scenario) -> Scenario {
        var changed = scenario
        if let seconds { changed.arrivals.seconds = seconds }
        if let rate { changed.scale(toPerSecond: rate) }
        if let connections { changed.connections = connections }
        if let idleConnections { changed.idleConnections = idleConnections }
        if let stock { changed.items.stock = stock }
        if let bots { changed.users.bots = bots }
        if let p99Milliseconds { changed.thresholds.p99Milliseconds = p99Milliseconds }
        return changed
    }

    private static let flags = [
        "--scenario", "--rate", "--seconds", "--connections",
        "--idle-connections", "--stock", "--bots", "--p99-ms", "--seed", "--json", "--svg", "--up",
    ]

    private mutating func takeSwitch(_ flag: String) -> Bool {
        switch flag {
        case "--closed": isClosed = true
        case "--find-knee": findsKnee = true
        case "--quiet": isQuiet = true
        case "--help", "-h": isHelp = true
        default: return false
        }
        return true
    }

    private mutating func take(_ flag: String, _ value: String) throws(Misuse) {
        if try server.take(flag, value) { return }
        switch flag {
        case "--scenario": scenario = value
        case "--rate": rate = try Flag.number(flag, value, 1...1_000_000)
        case "--seconds": seconds = try Flag.number(flag, value, 0.1...86_400)
        case "--connections": connections = try Flag.number(flag, value, 1...10_000)
        case "--idle-connections": idleConnections = try Flag.number(flag, value, 0...100_000)
        case "--stock": stock = try Flag.number(flag, value, 0...1_000_000_000)
        case "--bots": bots = try Flag.number(flag, value, 0...1_000)
        case "--p99-ms": p99Milliseconds = try Flag.number(flag, value, 0.01...600_000)
        case "--seed": seed = try Flag.number(flag, value, 0...UInt64.max)
        case "--json": json = value
        case "--svg": svg = value
        default: up.append(value)
        }
    }
}
