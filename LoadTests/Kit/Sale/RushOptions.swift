/// What the caller of `sluice-rush` asked for, within bounds: a run is finite in count and in time.
public struct RushOptions: Sendable, Equatable {
    public static let usage = """
        usage: sluice-rush [--flag value]…

        Sends a crowd of simulated buyers to a sluice on this machine and judges the sale.

          --url URL           public listener; without it http://127.0.0.1:8080, and where nothing listens there,
                              a server is started for this run and stopped after it
          --admin-url URL     admin listener (http://127.0.0.1:8081)
          --token-file PATH   admin token, to make the item (./data/admin-token)
          --item NAME         sell this item, which exists; without it a fresh one is made
          --buyers N          1...1000000 (10000)
          --units N           units of the fresh item, 1...1000000 (100)
          --queue-limit N     places in the fresh item's queue, 1...10000000 (3 × units)
          --connections N     keep-alive connections, 1...10000 (64)
          --repeat N          percent of buyers who press twice with the same key, 0...100 (10)
          --window-ms N       all press within this time, 1...600000 (1000)
          --push              who waits is answered by polls that wait for a change, not by polls every now and then
          --deadline-s N      who is not told by then counts as not told, 1...600 (60)
          --seed N            who presses when, and who twice (random, and printed)
          --sluice PATH       the program that serves when a server is started (beside this one)
          --json              the verdict as JSON on stdout, everything else on stderr

        SLUICE_URL, SLUICE_ADMIN_URL, SLUICE_ADMIN_TOKEN, SLUICE_ADMIN_TOKEN_FILE and SLUICE_DATA
        say what flags leave out.

        exit: 0 every promise kept, 1 not run to its end, 2 usage, 3 a promise was broken
        """

    private static let mostListeners = 8_000  // of the 10,000 connections that a server takes

    public private(set) var server: ServerOptions
    public private(set) var item: String?
    public private(set) var buyers = 10_000
    public private(set) var units = 100
    public private(set) var queueLimit: Int?
    public private(set) var connections = 64
    public private(set) var repeatPercent = 10
    public private(set) var windowMilliseconds = 1_000
    public private(set) var deadlineSeconds = 60
    public private(set) var seed: UInt64?
    public private(set) var isPushed = false
    public private(set) var isJSON = false
    public private(set) var isHelp = false

    /// Connections for polls that wait; more than these wait for one another.
    var listeners: Int { isPushed ? min(buyers, units + (queueLimit ?? 3 * units), Self.mostListeners) : 0 }

    /// Reads `--flag value` and `--flag=value`; what is left out there the environment may say.
    public init(_ arguments: [String], _ surroundings: Surroundings = .none) throws(Misuse) {
        server = try ServerOptions(surroundings)
        var read = self
        try Flag.read(
            arguments, flags: ServerOptions.flags + Self.flags, takeSwitch: { read.takeSwitch($0) },
            take: { flag, value throws(Misuse) in try read.take(flag, value) })
        self = read
    }

    private static let flags = [
        "--item", "--buyers", "--units", "--queue-limit", "--connections",
        "--repeat", "--window-ms", "--deadline-s", "--seed",
    ]

    private mutating func takeSwitch(_ flag: String) -> Bool {
        switch flag {
        case "--json": isJSON = true
        case "--push": isPushed = true
        case "--help", "-h": isHelp = true
        default: return false
        }
        return true
    }

    private mutating func take(_ flag: String, _ value: String) throws(Misuse) {
        if try server.take(flag, value) { return }
        switch flag {
        case "--item": item = try Self.itemName(flag, value)
        case "--buyers": buyers = try Flag.number(flag, value, 1...1_000_000)
        case "--units": units = try Flag.number(flag, value, 1...1_000_000)
        case "--queue-limit": queueLimit = try Flag.number(flag, value, 1...10_000_000)
        case "--connections": connections = try Flag.number(flag, value, 1...10_000)
        case "--repeat": repeatPercent = try Flag.number(flag, value, 0...100)
        case "--window-ms": windowMilliseconds = try Flag.number(flag, value, 1...600_000)
        case "--deadline-s": deadlineSeconds = try Flag.number(flag, value, 1...600)
        default: seed = try Flag.number(flag, value, 0...UInt64.max)
        }
    }

    private static func itemName(_ flag: String, _ value: String) throws(Misuse) -> String {
        let isName = value.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F || byte == 0x2D
        }
        guard isName, (1...64).contains(value.utf8.count) else {
            throw Misuse(problem: "\(flag) takes 1 to 64 letters, digits, _ and -, not \(value)")
        }
        return value
    }
}
