import Base

/// What a connection sends and receives before it is ready: login, identity of the server, database, scripts.
///
/// A pure machine: all commands go out in one write, and each reply is handed to `handle` in order. Which server it is
/// comes before all that only the right kind of server knows, so that a wrong server is reported and not its complaint.
struct Handshake {
    private enum Step {
        case login, connection, identity, role, database, name, script
    }

    enum Outcome: Equatable {
        case waiting
        /// `hashes` are the names under which the store keeps the scripts, in the order of the plan.
        case done(identity: ServerIdentity, hashes: [[UInt8]])
        case failed(DownReason)
    }

    /// The commands to send, each a list of arguments.
    let commands: [[[UInt8]]]
    private let steps: [Step]
    private var answered = 0
    private var identity: ServerIdentity?
    /// The server's number of this connection; nil where it reports none.
    private(set) var connectionID: Int64?
    private var hashes: [[UInt8]] = []

    /// - Parameter scripts: their sources.
    init(endpoint: RedisEndpoint, name: String?, scripts: [[UInt8]]) {
        var commands: [[[UInt8]]] = []
        var steps: [Step] = []
        func add(_ step: Step, _ words: String..., bytes: [UInt8]? = nil) {
            steps.append(step)
            commands.append(words.map { Array($0.utf8) } + (bytes.map { [$0] } ?? []))
        }
        if let user = endpoint.user {
            add(.login, "AUTH", user, endpoint.password ?? "")
        } else if let password = endpoint.password {
            add(.login, "AUTH", password)
        }
        add(.connection, "CLIENT", "ID")
        add(.identity, "INFO", "server")
        add(.role, "INFO", "replication")
        if endpoint.database != 0 { add(.database, "SELECT", String(endpoint.database)) }
        if let name { add(.name, "CLIENT", "SETNAME", name) }
        for script in scripts { add(.script, "SCRIPT", "LOAD", bytes: script) }
        self.commands = commands
        self.steps = steps
    }

    /// Takes the next reply; must not be called again after `done` or `failed`.
    mutating func handle(_ reply: RedisValue) -> Outcome {
        let step = steps[answered]
        answered += 1
        // Rights may forbid these two, and nothing depends on their answers.
        if case .error(let error) = reply, step != .name, step != .connection {
            if case .givesUp(let reason) = error.rule { return .failed(reason) }
            return .failed(.refused(error))
        }
        switch step {
        case .login, .database, .name: break
        case .connection: connectionID = reply.integer
        case .identity:
            guard let found = reply.bytes.flatMap(ServerIdentity.init(info:)) else {
                return .failed(.protocolError("INFO server names no run_id"))
            }
            if let server = UnsuitableServer(found) { return .failed(.unsuitable(server)) }
            identity = found
        case .role:
            guard let role = reply.bytes.flatMap(ServerIdentity.role) else {
                return .failed(.protocolError("INFO replication names no role"))
            }
            if role == "slave" { return .failed(.unsuitable(.replica)) }
        case .script:
            guard let hash = reply.bytes, hash.count == 40 else {
                return .failed(.protocolError("SCRIPT LOAD answers no hash"))
            }
            hashes.append(hash)
        }
        guard answered == steps.count, let identity else { return .waiting }
        return .done(identity: identity, hashes: hashes)
    }
}
