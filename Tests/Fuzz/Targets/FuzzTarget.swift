/// What can be fuzzed. The name is that of the corpus folder, and `fuzz-NAME` that of the program.
///
/// To add one: a case here, a file with its function, a `Tests/Fuzz/NAME/` with the entry point, the name in
/// Package.swift's `fuzzed` list, and a corpus.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case http

    /// Runs one input and traps where something that must always hold does not.
    package func run(_ bytes: Span<UInt8>) {
        switch self {
        case .http: fuzzHTTP(bytes)
        }
    }
}
