// swift-tools-version: 6.2
import PackageDescription

// The house rules are a package of their own: they read the repository as text, so `make lint` compiles them alone and
// not the product with all its tests.
let package = Package(
    name: "tidy",
    targets: [.testTarget(name: "TidyTests", path: ".", swiftSettings: [.swiftLanguageMode(.v6)])]
)
