// swift-tools-version: 6.2
import PackageDescription

// Layers, bottom to top; an arrow may only point down. Tests/TidyTests, a package of its own, holds the same table as
// data and checks the targets here against it.
//   L0 CBuild CLinux CIntrinsics CHiredis CSodium CCurl CPostgres   system libraries and C shims
//   L1 Base Domain                          pure: no I/O, no clock
//   L2 EventLoop RedisClient PostgresClient HTTPServer OutboundHTTP Sodium
//   L3 Store OrderTable Operations
//   L4 QueueModule SchedulerModule WorkerModule
//   L5 sluice-queue sluice-scheduler sluice-worker sluice, and CommandLineModule, the testable part of sluice

// With SLUICE_FUZZ=1 the package is built for libFuzzer: every module instrumented, and one program for each target.
// Use a --scratch-path of its own, as `make fuzz` does.
let isFuzzing = Context.environment["SLUICE_FUZZ"] == "1"
let fuzzed = ["http", "purchase", "json", "resp", "ticket", "messages"]

let fuzzFlags: [SwiftSetting] =
    isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])] : []

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        // Looks into other targets, and leaves the tracking of exclusive access to the debug builds, where every test
        // runs with it (ADR 0012): a purchase costs half as much.
        .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ] + fuzzFlags

func target(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], path: String? = nil,
    flags: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, resources: resources, swiftSettings: settings + flags)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: "fuzz-\(name)", dependencies: ["FuzzDriver"], path: "Tests/Fuzz/Programs/\(name)",
        swiftSettings: settings,
        // gold warns of each of the sanitizer's symbols.
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}

let fuzzing: [Target] =
    [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        target("FuzzDriver", ["CFuzzer", "FuzzTargets"], path: "Tests/Fuzz/Driver"),
    ] + fuzzed.map(fuzzer)

let package = Package(
    name: "sluice",
    targets: [
        // L0
        .target(name: "CBuild"),
        .target(name: "CLinux"),
        .target(name: "CIntrinsics"),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CPostgres", providers: [.apt(["libpq-dev"])]),
        // L1
        target("Base", ["CBuild", "CIntrinsics"]),
        target("Domain", ["Base"]),
        // L2
        target("EventLoop", ["Base", "CLinux"]),
        target("Sodium", ["Base", "Domain", "CSodium"]),
        target("HTTPServer", ["Base", "EventLoop", "CLinux"]),
        target("OutboundHTTP", ["Base", "EventLoop", "CCurl"]),
        target("RedisClient", ["Base", "EventLoop", "CLinux", "CHiredis"]),
        target("PostgresClient", ["Base", "EventLoop", "CPostgres"]),
        // L3
        target(
            "Store", ["Base", "Domain", "EventLoop", "Operations", "RedisClient"],
            resources: [.embedInCode("Scripts")]),
        target(
            "OrderTable", ["Base", "Domain", "EventLoop", "PostgresClient"], resources: [.embedInCode("SQL")]),
        target("Operations", ["Base", "Domain", "EventLoop", "HTTPServer", "Sodium", "CLinux"]),
        // L4
        target(
            "QueueModule", ["Base", "Domain", "EventLoop", "HTTPServer", "Operations", "Sodium", "Store"],
            resources: [.embedInCode("openapi.json"), .embedInCode("Page/Files")]),
        target(
            "SchedulerModule",
            ["Base", "Domain", "EventLoop", "Operations", "OutboundHTTP", "Sodium", "Store"]),
        target(
            "WorkerModule",
            [
                "Base", "Domain", "EventLoop", "HTTPServer", "Operations", "OrderTable", "OutboundHTTP", "Sodium",
                "Store",
            ]),
        // L5
        program("sluice-queue", ["Operations", "QueueModule"]),
        program("sluice-scheduler", ["Operations", "SchedulerModule"]),
        program("sluice-worker", ["Operations", "WorkerModule"]),
        target(
            "CommandLineModule",
            ["Base", "Domain", "EventLoop", "Operations", "OrderTable", "RedisClient", "CLinux", "CCurl"]),
        program("sluice", ["CommandLineModule"]),
        // Load tests: black box over HTTP, no code of the server's
        .target(name: "CLoad", path: "LoadTests/CLoad"),
        target("LoadKit", ["CLoad"], path: "LoadTests/Kit"),
        program("sluice-rush", ["LoadKit"], path: "LoadTests/rush"),
        program("sluice-load", ["LoadKit"], path: "LoadTests/load"),
        // Examples: an order service to rehearse with
        target(
            "OrderServiceModule", ["Base", "EventLoop", "HTTPServer", "Operations", "CSodium"],
            path: "examples/order-service/Module"),
        program(
            "order-service", ["OrderServiceModule", "Operations"], path: "examples/order-service/Program"),
        // T
        // Optimised also where its tests are not: the model of an item takes millions of steps.
        target(
            "TestKit", ["Base", "CLinux", "Domain", "EventLoop", "LoadKit", "Store"],
            flags: [.unsafeFlags(["-O", "-enforce-exclusivity=unchecked"])]),
        target(
            "SimulationKit",
            [
                "Base", "Domain", "EventLoop", "OutboundHTTP", "SchedulerModule", "Sodium", "Store", "TestKit",
                "WorkerModule",
            ],
            path: "Tests/Simulation/Kit"),
        program("simulation", ["Base", "Domain", "SimulationKit"], path: "Tests/Simulation/Program"),
        // Optimised also where its tests are not: it runs hours of virtual time.
        .target(
            name: "ExecutionKit", dependencies: ["Base", "Domain", "TestKit"], path: "Tests/Simulation/Execution",
            swiftSettings: settings + [.unsafeFlags(["-O", "-enforce-exclusivity=unchecked"])]),
        .target(
            name: "HoldKit", dependencies: ["Base", "Domain", "Store", "TestKit"], path: "Tests/Simulation/Holds",
            swiftSettings: settings + [.unsafeFlags(["-O", "-enforce-exclusivity=unchecked"])]),
        target(
            "FuzzTargets", ["Base", "Domain", "HTTPServer", "QueueModule", "RedisClient", "Sodium", "Store"],
            path: "Tests/Fuzz/Targets"),
        // Tests
        tests("BaseTests", ["Base"]),
        tests("JSONTests", ["Base", "FuzzTargets"]),
        tests("DomainTests", ["Base", "Domain"]),
        tests("LeadershipTests", ["Base", "Domain"]),
        tests(
            "SimulationTests",
            [
                "Base", "Domain", "EventLoop", "ExecutionKit", "HoldKit", "SimulationKit", "Store", "TestKit",
                "WorkerModule",
            ]),
        tests("SodiumTests", ["Base", "Domain", "Sodium"]),
        tests("EventLoopTests", ["EventLoop", "Base", "CLinux"]),
        tests("HTTPServerTests", ["HTTPServer", "EventLoop", "Base", "CLinux"]),
        tests("OutboundHTTPTests", ["OutboundHTTP", "EventLoop", "Base", "TestKit"]),
        tests("FuzzReplayTests", ["FuzzTargets"]),
        tests("RedisClientTests", ["RedisClient", "EventLoop", "Base", "CLinux", "TestKit"]),
        tests("PostgresClientTests", ["PostgresClient", "EventLoop", "Base", "TestKit"]),
        tests("OrderTableTests", ["OrderTable", "PostgresClient", "EventLoop", "Domain", "Base", "TestKit"]),
        tests("StoreTests", ["Store", "Domain", "RedisClient", "EventLoop", "Operations", "Base", "TestKit"]),
        tests("OperationsTests", ["Operations", "HTTPServer", "EventLoop", "Domain", "Base", "CLinux", "TestKit"]),
        tests(
            "QueueModuleTests",
            ["QueueModule", "Store", "Sodium", "HTTPServer", "Operations", "EventLoop", "Domain", "Base", "TestKit"]),
        tests(
            "SchedulerModuleTests",
            ["SchedulerModule", "Store", "OutboundHTTP", "Operations", "EventLoop", "Domain", "Base", "TestKit"]),
        tests(
            "WorkerModuleTests",
            [
                "WorkerModule", "OrderTable", "PostgresClient", "Store", "Sodium", "OutboundHTTP", "HTTPServer",
                "Operations", "EventLoop", "Domain", "Base", "TestKit",
            ]),
        tests(
            "CommandLineTests",
            [
                "CommandLineModule", "sluice", "Base", "Domain", "EventLoop", "Operations", "OrderTable", "QueueModule",
                "RedisClient", "SchedulerModule", "WorkerModule", "CLinux", "TestKit",
            ]),
        tests("LoadTests", ["LoadKit"]),
        tests("OrderServiceTests", ["OrderServiceModule", "HTTPServer", "EventLoop", "Base", "TestKit"]),
        tests("TestKitTests", ["TestKit", "Base", "CLinux"]),
        tests("EndToEndTests", ["TestKit", "Base"]),
    ] + (isFuzzing ? fuzzing : [])
)
