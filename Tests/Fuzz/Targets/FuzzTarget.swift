/// What can be fuzzed. The name is that of the corpus folder, and `fuzz-NAME` that of the program.
///
/// To add one: a case here, a file with its function, a `Tests/Fuzz/Programs/NAME/` with the entry point, the name in
/// Package.swift's `fuzzed` list, and a corpus.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case http, purchase, json, resp, ticket, messages

    /// Runs one input and traps where something that must always hold does not.
    public func run(_ bytes: Span<UInt8>) {
        let input = bytes.indices.map { bytes[$0] }
        switch self {
        case .http: fuzzHTTP(input)
        case .purchase: fuzzPurchase(input)
        case .json: fuzzJSON(input)
        case .resp: fuzzRESP(input)
        case .ticket: fuzzTicket(input)
        case .messages: fuzzMessages(input)
        }
    }
}

/// Ends the program with `what` when `condition` does not hold; unlike a precondition it says so in release builds too.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fatalError(what()) }
}
