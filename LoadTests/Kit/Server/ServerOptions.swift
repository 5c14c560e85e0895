/// Which server a run loads: the flags and variables that all programs of the load tests take.
public struct ServerOptions: Sendable, Equatable {
    public private(set) var url: Endpoint?
    public private(set) var adminURL: Endpoint?
    /// Nil: in ./data, or in the data folder of a server started for this run.
    public private(set) var token: AdminToken?
    /// The `sluice` to start, nil for the one beside this program.
    public private(set) var program: String?

    static let flags = ["--url", "--admin-url", "--token-file", "--sluice"]

    /// What the environment says; flags go before it.
    init(_ surroundings: Surroundings) throws(Misuse) {
        url = try surroundings.url.map { (value) throws(Misuse) in try Flag.endpoint("SLUICE_URL", value) }
        adminURL = try surroundings.adminURL.map { (value) throws(Misuse) in
            try Flag.endpoint("SLUICE_ADMIN_URL", value)
        }
        token = surroundings.token.map { .text($0) } ?? surroundings.tokenFile.map { .file($0) }
    }

    /// False when the flag is not one of these.
    mutating func take(_ flag: String, _ value: String) throws(Misuse) -> Bool {
        switch flag {
        case "--url": url = try Flag.endpoint(flag, value)
        case "--admin-url": adminURL = try Flag.endpoint(flag, value)
        case "--token-file": token = .file(value)
        case "--sluice": program = value
        default: return false
        }
        return true
    }
}
