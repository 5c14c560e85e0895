/// Which target may import what: the layers of Package.swift as data. Arrows point down, or sideways where named here.
enum ImportTable {
    /// Bottom to top; `TestKit` stands beside the layers.
    static let layers: [[String]] = [
        ["CBuild", "CLinux", "CIntrinsics", "CHiredis", "CSodium", "CCurl", "CPostgres"],
        ["Base", "Domain"],
        ["EventLoop", "RedisClient", "PostgresClient", "HTTPServer", "OutboundHTTP", "Sodium"],
        ["Store", "OrderTable", "Operations"],
        ["QueueModule", "SchedulerModule", "WorkerModule", "CommandLineModule"],
        ["sluice-queue", "sluice-scheduler", "sluice-worker", "sluice"],
    ]

    /// Within one layer only these arrows are allowed.
    static let sideways: Set<[String]> = [
        ["Domain", "Base"], ["RedisClient", "EventLoop"], ["PostgresClient", "EventLoop"], ["HTTPServer", "EventLoop"],
        ["OutboundHTTP", "EventLoop"],
        ["Store", "Operations"],
    ]

    static let cModules = Set(layers[0])
    static let modules = ["QueueModule", "SchedulerModule", "WorkerModule"]
    static let foundation: Set = ["Foundation", "FoundationEssentials", "FoundationNetworking"]
    static let foundationUsers: Set = ["sluice", "CommandLineModule", "TestKit"]

    private static let system: Set = ["Glibc", "Synchronization"]
    private static let loop: Set = ["Base", "EventLoop"]
    private static let engine: Set = ["Base", "Domain", "EventLoop", "HTTPServer", "Operations", "Store"]
    private static let program = engine.union(["CLinux", "RedisClient", "Sodium"]).union(system)

    /// What each target may import at most.
    static let allowed: [String: Set<String>] = [
        "Base": ["CBuild", "CIntrinsics"],
        "Domain": ["Base"],
        "EventLoop": system.union(["Base", "CLinux"]),
        "RedisClient": loop.union(system).union(["CLinux", "CHiredis"]),
        "PostgresClient": loop.union(["CPostgres"]),
        "HTTPServer": loop.union(system).union(["CLinux"]),
        "OutboundHTTP": loop.union(system).union(["CCurl"]),
        "Sodium": ["Base", "Domain", "CSodium", "Glibc"],
        "Store": ["Base", "Domain", "EventLoop", "Operations", "RedisClient"],
        "OrderTable": loop.union(["Domain", "PostgresClient"]),
        "Operations": loop.union(system).union(["CLinux", "Domain", "HTTPServer", "Sodium"]),
        "QueueModule": engine.union(["Sodium"]),
        "SchedulerModule": engine.union(["OutboundHTTP", "Sodium"]),
        "WorkerModule": engine.union(["OrderTable", "OutboundHTTP", "Sodium"]),
        "CommandLineModule": loop.union(system).union(foundation).union([
            "CCurl", "CLinux", "Domain", "HTTPServer", "Operations", "OrderTable", "RedisClient",
        ]),
        "sluice-queue": program.union(["QueueModule"]),
        "sluice-scheduler": program.union(["SchedulerModule"]),
        "sluice-worker": program.union(["OrderTable", "OutboundHTTP", "WorkerModule"]),
        "sluice": loop.union(system).union(foundation).union(["CommandLineModule", "Domain", "Operations"]),
        "TestKit": program.union(foundation).union(["Dispatch", "LoadKit"]),
    ]

    /// The load tests and their unit tests know nothing of the server.
    static let loadTests: [String: Set<String>] = [
        "LoadTests": foundation.union(["CLoad", "Glibc", "LoadKit"]),
        "Tests/LoadTests": foundation.union(["Glibc", "LoadKit", "Testing"]),
    ]

    /// The examples stand beside the programs: they may use what serves them, and nothing that serves buyers.
    static let examples: [String: Set<String>] = [
        "examples/order-service": loop.union(system).union([
            "CSodium", "HTTPServer", "Operations", "OrderServiceModule",
        ])
    ]

    static func layer(of target: String) -> Int? { layers.firstIndex { $0.contains(target) } }
}
