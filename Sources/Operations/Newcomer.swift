// DESIGN
// Two processes with unlike ticket keys on one store, or two of one name, both look well and serve badly: every second
// poll is 404. The later one must not begin. Who is there stands in the list of nodes, where a process that was killed
// stands on for a while: on the same machine its pid tells; on another one it lives if it speaks again while we wait.

/// Looks, before a queue process says that it is ready, whether it fits to those that are there. Pure.
public struct Newcomer: Sendable {
    private static let beat: Int64 = 2_000  // milliseconds; so often a node describes itself
    private static let patience = 3 * beat

    public enum Verdict: Sendable, Equatable {
        case fits
        /// Look again in a moment: somebody may be there who does not fit.
        case unsure
        /// It must not serve beside this one.
        case conflict(option: String, problem: String)
    }

    private let own: NodeIdentity
    private let store: String
    /// The public port was taken when this process began to listen.
    private let sharesPort: Bool
    private let startedAt: Int64
    private var announcedAt: Int64?
    private var firstHeard: [String: Int64] = [:]  // of nodes that may not fit: when they had spoken at the first look

    /// - Parameters:
    ///   - store: names the store's data.
    ///   - now: ms of this machine's clock.
    public init(_ own: NodeIdentity, store: String, sharesPort: Bool, now: Int64) {
        self.own = own
        self.store = store
        self.sharesPort = sharesPort
        startedAt = now
    }

    /// - Parameter isAlive: whether a process of this machine lives.
    public mutating func look(at nodes: [NodeIdentity], now: Int64, isAlive: (Int64) -> Bool) -> Verdict {
        var isUnsure = false
        for node in nodes where !isOver(node, now: now, isAlive: isAlive) {
            guard let conflict = conflict(with: node) else { continue }
            let isHere = !node.machine.isEmpty && node.machine == own.machine
            let known = firstHeard[node.name, default: node.describedAt]
            if isHere || node.describedAt > known + Self.beat / 2 { return conflict }
            if firstHeard[node.name] == nil { firstHeard[node.name] = node.describedAt }
            isUnsure = true
        }
        if sharesPort, !nodes.contains(where: { $0.http == own.http && now - $0.describedAt < Self.patience }) {
            guard now - startedAt < Self.patience else {
                let problem =
                    "another process serves at \(own.http), and it isn't of this store (its data are named \(store)):"
                    + " give one of them another address, or both the same --redis-url"
                return .conflict(option: "--listen", problem: problem)
            }
            isUnsure = true
        }
        return isUnsure ? .unsure : .fits
    }

    /// Looks again, once this process stands on the list itself: of two that began in the same moment each sees the
    /// other now, or the later one sees the earlier. The greater of two names goes; the other one waits for that.
    public mutating func lookAgain(at nodes: [NodeIdentity], now: Int64, isAlive: (Int64) -> Bool) -> Verdict {
        let since = announcedAt ?? now
        announcedAt = since
        for node in nodes where !isOver(node, now: now, isAlive: isAlive) {
            guard let conflict = conflict(with: node) else { continue }
            let goes = (own.name, own.machine, own.pid) > (node.name, node.machine, node.pid)
            return goes || now - since >= Self.beat ? conflict : .unsure
        }
        return .fits
    }

    private func isOver(_ node: NodeIdentity, now: Int64, isAlive: (Int64) -> Bool) -> Bool {
        // One that is stopping serves to its end beside who takes its place.
        if !node.isReady || now - node.describedAt >= Self.patience { return true }
        guard !node.machine.isEmpty, node.machine == own.machine else { return false }
        return node.pid == own.pid || !isAlive(node.pid)
    }

    private func conflict(with node: NodeIdentity) -> Verdict? {
        if node.role == own.role, node.name == own.name {
            let problem =
                "a \(own.role) process \"\(node.name)\" is there already (pid \(node.pid)): give it another name"
            return .conflict(option: "--node-name", problem: problem)
        }
        guard !node.keys.isEmpty, !own.keys.isEmpty, Set(node.keys).isDisjoint(with: own.keys) else { return nil }
        let problem =
            "the ticket key (\(own.keys.joined(separator: ", "))) isn't the one of \(node.name)"
            + " (\(node.keys.joined(separator: ", "))), which serves the same store: every process needs the same file"
        return .conflict(option: "--ticket-key-file", problem: problem)
    }
}
