// swift-tools-version: 6.2
import PackageDescription

// Layers, bottom to top; an arrow may only point down, and Tests/TidyTests holds the same table as data.
//   L0 CLinux CHiredis CSodium CCurl        system libraries and C shims
//   L1 Base Domain                          pure: no I/O, no clock
//   L2 EventLoop RedisClient HTTPServer Sodium
//   L3 Store Operations
//   L4 QueueModule SchedulerModule WorkerModule
//   L5 sluice-queue sluice-scheduler sluice-worker sluice

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func target(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], path: String? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, resources: resources, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "sluice",
    targets: [
        // L0
        .target(name: "CLinux"),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        // L1
        target("Base"),
        target("Domain", ["Base"]),
        // L2
        target("EventLoop", ["Base", "CLinux"]),
        // T
        // Load tests: black box over HTTP, no code of the server's
        .target(name: "CLoad", path: "LoadTests/CLoad"),
        target("LoadKit", ["CLoad"], path: "LoadTests/Kit"),
        program("sluice-rush", ["LoadKit"], path: "LoadTests/rush"),
        // Tests
        tests("BaseTests", ["Base"]),
        tests("EventLoopTests", ["EventLoop", "Base", "CLinux"]),
        tests("LoadTests", ["LoadKit"]),
        tests("TidyTests", []),
    ]
)
