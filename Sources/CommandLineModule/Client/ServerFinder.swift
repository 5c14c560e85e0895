import Operations

/// Finds the servers and the admin token: flag, environment, the running `up`'s nodes.json, default; in this order.
public struct ServerFinder: Sendable {
    private let invocation: Invocation
    private let environment: [String: String]

    public init(_ invocation: Invocation, environment: [String: String]) {
        self.invocation = invocation
        self.environment = environment
    }

    /// Whether a flag, the environment or the data folder names the server.
    var namesServer: Bool {
        invocation.text("url") != nil || invocation.text("admin-url") != nil || address("admin") != nil
    }

    private var dataFolder: String {
        invocation.text("data") ?? environment["SLUICE_DATA"] ?? invocation[KnownOptions.data]
    }

    public func adminURL() throws(Failure) -> String {
        // `admin-url` may hold the environment's value, which a `--url` on the command line must win over.
        let flag = invocation.text("url") ?? invocation.text("admin-url")
        return try checked(flag ?? address("admin") ?? KnownOptions.adminURL.fallback ?? "")
    }

    public func publicURL() throws(Failure) -> String {
        let flag = isForBuyers ? invocation.text("url") : invocation.text("public-url")
        return try checked(flag ?? environment["SLUICE_URL"] ?? address("http") ?? KnownOptions.url.fallback ?? "")
    }

    /// Whether the command calls the public server alone, which then is what `--url` means.
    private var isForBuyers: Bool {
        invocation.command.words.first == "ticket" && invocation.command.option(named: "public-url") == nil
    }

    /// The bearer token of the admin server.
    public func token() throws(Failure) -> String {
        let file = invocation.text("admin-token-file")
        if file == nil, let token = environment["SLUICE_ADMIN_TOKEN"], !token.isEmpty {
            return try checkedToken(trimmed(token), from: "SLUICE_ADMIN_TOKEN")
        }
        let path = file ?? "\(dataFolder)/admin-token"
        guard let token = readLine(of: path) else {
            throw Failure(
                .badConfiguration, "no admin token: \(path) cannot be read",
                hint: "set SLUICE_ADMIN_TOKEN or SLUICE_ADMIN_TOKEN_FILE, or name the data folder with --data DIR")
        }
        return try checkedToken(token, from: path)
    }

    private func checkedToken(_ token: String, from source: String) throws(Failure) -> String {
        guard (try? KnownOptions.adminToken.parse(token)) != nil else {
            throw Failure(.badConfiguration, "\(source) must hold one line of at least 32 characters")
        }
        return token
    }

    private func checked(_ url: String) throws(Failure) -> String {
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), !url.contains(where: \.isWhitespace) else {
            throw Failure(.badConfiguration, "'\(url)' is no server address", hint: "write it as http://127.0.0.1:8081")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    private func address(_ field: String) -> String? {
        guard let bytes = readFile("\(dataFolder)/nodes.json"), let nodes = JSONValue(parsing: bytes)?.array else {
            return nil
        }
        return nodes.lazy.filter { $0["role"]?.string == "queue" }.compactMap { $0[field]?.string }.first
    }
}
