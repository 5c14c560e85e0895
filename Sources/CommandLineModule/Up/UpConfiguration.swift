public import Base
import Domain
public import Operations

/// What `up` was asked to run, and the command line of each of its processes.
public struct UpConfiguration: Sendable {
    public let dataFolder: String
    /// Somebody else's Redis; nil for a private one.
    public let redisURL: String?
    public let durability: Durability
    public let queues: Int
    public let workers: Int
    public let listen: ListenAddress
    public let adminListen: ListenAddress
    public let binaries: String
    public let isDemo: Bool
    public let ticketKeyFile: String?
    public let adminTokenFile: String?
    public let redisServer: String
    private let sink: SinkKind
    /// How long a module may take to finish what it began.
    public let drain: TimeSpan
    private let passedOn: [(flag: String, value: String, role: Node.Role)]
    private let inherited: [String: String]

    /// Settings of one kind of module that `up` hands on as they are.
    private static let handedOn: [(flag: String, role: Node.Role)] = [
        ("loops", .queue), ("sink", .worker), ("delay-ms", .worker), ("delay-slots", .worker),
    ]

    /// Settings of the service behind the order sink. They go by the environment, for a URL may hold a secret.
    private static let service = (Catalogue.service + Catalogue.postgres).map(\.name)

    /// Settings that several modules share. They go by the environment, where a module that needs none of it is not
    /// disturbed by it.
    private static let shared = [
        "durability", "log-level", "lease-ms", "drain-ms", "max-connections", "metrics-token-file",
    ]

    public init(_ invocation: Invocation, binaries: String) {
        dataFolder = invocation[KnownOptions.data]
        redisURL = invocation.given(KnownOptions.redisURL)
        durability = invocation[KnownOptions.durability]
        queues = invocation[KnownOptions.queues]
        workers = invocation[KnownOptions.workers]
        listen = invocation[KnownOptions.listen]
        adminListen = invocation[KnownOptions.adminListen]
        self.binaries = invocation.text("bin-dir") ?? binaries
        isDemo = invocation.has("demo")
        ticketKeyFile = invocation.text("ticket-key-file")
        adminTokenFile = invocation.text("admin-token-file")
        redisServer = invocation[KnownOptions.redisServer]
        drain = invocation[KnownOptions.drain]
        sink = invocation[KnownOptions.sink]
        inherited = (Self.shared + Self.service).reduce(into: ["SLUICE_OPS_LISTEN": "127.0.0.1:0"]) { result, name in
            guard let option = invocation.command.option(named: name), let value = invocation.text(name) else { return }
            result[option.environmentName] = value
        }
        passedOn = Self.handedOn.compactMap { entry in
            invocation.text(entry.flag).map { (entry.flag, $0, entry.role) }
        }
    }

    public var isFsyncAlways: Bool { durability != .fast }

    public func program(_ role: Node.Role) -> String {
        role == .redis ? redisServer : "\(binaries)/sluice-\(role.rawValue)"
    }

    /// What the modules share and `up` decides: where the store is, the secrets, and ports that do not change.
    public struct Surroundings: Sendable {
        public let redisURL: String
        public let redisConfiguration: String?
        public let ticketKeyFile: String?
        public let adminTokenFile: String?
        public let listen: ListenAddress
        public let adminListen: ListenAddress

        public init(
            redisURL: String, redisConfiguration: String?, ticketKeyFile: String?, adminTokenFile: String?,
            listen: ListenAddress, adminListen: ListenAddress
        ) {
            self.redisURL = redisURL
            self.redisConfiguration = redisConfiguration
            self.ticketKeyFile = ticketKeyFile
            self.adminTokenFile = adminTokenFile
            self.listen = listen
            self.adminListen = adminListen
        }
    }

    /// The program and its flags. A Redis URL with a password is left out: command lines are everybody's to read.
    public func arguments(_ node: Node, in surroundings: Surroundings) -> [String] {
        guard node.role != .redis else { return [program(.redis), surroundings.redisConfiguration ?? ""] }
        var flags: [(String, String?)] = [("node-name", node.name)]
        if !Self.holdsPassword(surroundings.redisURL) { flags.append(("redis-url", surroundings.redisURL)) }
        if node.role == .queue {
            flags += [
                ("listen", surroundings.listen.description),
                ("admin-listen", node.index == 1 ? surroundings.adminListen.description : "127.0.0.1:0"),
                ("ticket-key-file", surroundings.ticketKeyFile), ("admin-token-file", surroundings.adminTokenFile),
            ]
        }
        // A service gets the ticket of each purchase, which then serves as its idempotency key.
        if node.role == .worker, sink == .webhook || sink == .postgres {
            flags.append(("ticket-key-file", surroundings.ticketKeyFile))
        }
        flags += passedOn.filter { $0.role == node.role }.map { ($0.flag, $0.value) }
        return [program(node.role)] + flags.flatMap { flag, value in value.map { ["--\(flag)", $0] } ?? [] }
    }

    /// The environment of the modules: what `up` reads itself is taken out, what they share is put in.
    public func environment(_ own: [String: String], in surroundings: Surroundings) -> [String: String] {
        let read = Set(Catalogue.up.options.map(\.environmentName) + ["SLUICE_URL", "SLUICE_ADMIN_URL"])
        var result = own.filter { !read.contains($0.key) }.merging(inherited) { $1 }
        if Self.holdsPassword(surroundings.redisURL) { result["SLUICE_REDIS_URL"] = surroundings.redisURL }
        return result
    }

    static func holdsPassword(_ url: String) -> Bool {
        guard let scheme = url.range(of: "://") else { return false }
        return url[scheme.upperBound...].contains("@")
    }
}

extension String {
    /// The first place where `text` stands, nil when it does not.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        indices.lazy.filter { self[$0...].hasPrefix(text) }.first.map { $0..<self.index($0, offsetBy: text.count) }
    }
}
