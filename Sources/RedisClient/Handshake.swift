/// What a connection says and hears before it is ready: who we are, which database, which server, which scripts.
///
/// A pure machine: all commands go out in one write, and each reply is handed to `handle` in order.
struct Handshake {
    private enum Step {
        case login, database, name, identity, script
    }

    enum Outcome: Equatable {
        case waiting
        /// `hashes` are the names under which the store keeps the scripts, in the order of the plan.
        case done(identity: ServerIdentity?, hashes: [[UInt8]])
        case failed(DownReason)
    }

    /// The commands to send, each a list of arguments.
    let commands: [[[UInt8]]]
    private let steps: [Step]
    private var answered = 0
    private var identity: ServerIdentity?
    private var hashes: [[UInt8]] = []

    /// - Parameter wantsIdentity: false for subscribers, which have no use for the server's identity.
    init(endpoint: RedisEndpoint, name: String?, wantsIdentity: Bool, scripts: [RedisScript]) {
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
        if endpoint.database != 0 { add(.database, "SELECT", String(endpoint.database)) }
        if let name { add(.name, "CLIENT", "SETNAME", name) }
        if wantsIdentity { add(.identity, "INFO", "server") }
        for script in scripts { add(.script, "SCRIPT", "LOAD", bytes: script.source) }
        self.commands = commands
        self.steps = steps
    }

    /// True when nothing has to be said; then no reply will come either.
    var isEmpty: Bool { steps.isEmpty }

    /// Takes the next reply; must not be called again after `done` or `failed`.
    mutating func handle(_ reply: RedisValue) -> Outcome {
        let step = steps[answered]
        answered += 1
        if case .error(let error) = reply, step != .name {  // a name is a courtesy, which rights may forbid
            return .failed(error.isOfLoading ? .loading : .refused(error))
        }
        switch step {
        case .login, .database, .name: break
        case .identity:
            guard let found = reply.bytes.flatMap(ServerIdentity.init(info:)) else {
                return .failed(.protocolError("INFO server names no run_id"))
            }
            identity = found
        case .script:
            guard let hash = reply.bytes, hash.count == 40 else {
                return .failed(.protocolError("SCRIPT LOAD answers no hash"))
            }
            hashes.append(hash)
        }
        return answered == steps.count ? .done(identity: identity, hashes: hashes) : .waiting
    }
}

extension RedisErrorReply {
    /// Whether the server will serve as soon as it has read its data or found its primary.
    var isOfLoading: Bool { code == "LOADING" || code == "MASTERDOWN" }
}
