public import Base
import Domain
public import Operations

/// What `up` runs, and the command line and environment of each of its processes.
public struct UpConfiguration: Sendable {
    public let dataFolder: String
    /// A Redis that `up` does not run; nil for a private one.
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
    private let isArchiveGiven: Bool
    /// How long a module may take to finish what it began.
    public let drain: TimeSpan
    private let inherited: [String: String]

    /// What `up` decides for each process itself, in `arguments`.
    private static let decided = [
        KnownOptions.redisURL.declaration, KnownOptions.listen.declaration, KnownOptions.adminListen.declaration,
        KnownOptions.ticketKey.declaration, KnownOptions.adminToken.declaration,
    ].flatMap(\.names)

    /// What `up` takes for its modules, under their own names, and passes on as it is. It goes by the environment: a
    /// URL may hold a secret, and a module is not disturbed there by the settings of another one.
    private static let passedOn: [Option] = {
        let modules = (KnownOptions.queue + KnownOptions.queueSecrets + KnownOptions.scheduler + KnownOptions.worker)
            .flatMap(\.names)
        return Catalogue.up.options.filter { modules.contains($0.name) && !decided.contains($0.name) }
    }()

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
        isArchiveGiven = invocation.given(KnownOptions.archiveFolder) != nil
        inherited = Self.passedOn.reduce(into: ["SLUICE_OPS_LISTEN": "127.0.0.1:0"]) { result, option in
            result[option.environmentName] = invocation.text(option.name)
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

    /// The program and its flags. A Redis URL with a login is left out: any user of the machine can read command lines.
    public func arguments(_ node: Node, in surroundings: Surroundings) -> [String] {
        guard node.role != .redis else { return [program(.redis), surroundings.redisConfiguration ?? ""] }
        var flags: [(String, String?)] = [("node-name", node.name)]
        if !Self.holdsLogin(surroundings.redisURL) { flags.append(("redis-url", surroundings.redisURL)) }
        if node.role == .queue {
            flags += [
                ("listen", surroundings.listen.description),
                ("admin-listen", node.index == 1 ? surroundings.adminListen.description : "127.0.0.1:0"),
                ("ticket-key-file", surroundings.ticketKeyFile), ("admin-token-file", surroundings.adminTokenFile),
                ("archive-dir", isArchiveGiven ? nil : "\(dataFolder)/archive"),
            ]
        }
        // A service gets the ticket of each purchase, which then serves as its idempotency key.
        if node.role == .worker, sink == .webhook || sink == .postgres {
            flags.append(("ticket-key-file", surroundings.ticketKeyFile))
        }
        return [program(node.role)] + flags.flatMap { flag, value in value.map { ["--\(flag)", $0] } ?? [] }
    }

    /// The environment of the modules: what `up` reads itself is taken out, what they share is put in.
    public func environment(_ own: [String: String], in surroundings: Surroundings) -> [String: String] {
        let read = Set(
            Catalogue.up.options.map(\.environmentName)
                + [KnownOptions.url.declaration, KnownOptions.adminURL.declaration].map {
                    OptionDeclaration.environmentName($0.name)
                })
        var result = own.filter { !read.contains($0.key) }.merging(inherited) { $1 }
        if Self.holdsLogin(surroundings.redisURL) { result["SLUICE_REDIS_URL"] = surroundings.redisURL }
        return result
    }

    /// A user's name is kept from others too.
    static func holdsLogin(_ url: String) -> Bool {
        guard let endpoint = try? RedisEndpoint(url: url) else { return false }
        return endpoint.user != nil || endpoint.password != nil
    }
}
