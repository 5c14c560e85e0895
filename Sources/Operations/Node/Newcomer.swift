// DESIGN
// Two processes with unlike ticket keys on one store, or two of one name, both seem healthy and serve badly: every
// second poll is 404. The later one must not start. The list of nodes shows which processes there are, and keeps one
// that was killed for a while: on the same machine its pid shows that it is gone; on another one it is alive if it
// describes itself again while this one waits.

/// Decides, before a queue process prints its ready line, whether it fits to the processes on the list. Pure.
public struct Newcomer: Sendable {
    private static let beat: Int64 = 2_000  // milliseconds between two descriptions of a node
    private static let patience = 3 * beat

    public enum Verdict: Sendable, Equatable {
        case fits
        /// Check again in a moment: a process may be there that does not fit.
        case unsure
        /// It must not serve beside this one.
        case conflict(option: String, problem: String)
    }

    /// Another process on the list.
    public struct Neighbour: Sendable {
        public let node: NodeDescription
        /// When it described itself, ms of this machine's clock.
        public let describedAt: Int64

        public init(_ node: NodeDescription, describedAt: Int64) {
            self.node = node
            self.describedAt = describedAt
        }
    }

    private let own: NodeDescription
    private let store: String
    /// The public port was taken when this process began to listen.
    private let sharesPort: Bool
    private let startedAt: Int64
    private var announcedAt: Int64?
    private var firstDescribed: [String: Int64] = [:]  // of nodes that may not fit: their time at the first check

    /// - Parameters:
    ///   - store: names the store's data.
    ///   - now: ms of this machine's clock.
    public init(_ own: NodeDescription, store: String, sharesPort: Bool, now: Int64) {
        self.own = own
        self.store = store
        self.sharesPort = sharesPort
        startedAt = now
    }

    /// Judges the processes that are there already.
    ///
    /// - Parameter isAlive: whether a process of this machine lives.
    public mutating func check(beside others: [Neighbour], now: Int64, isAlive: (Int64) -> Bool) -> Verdict {
        var isUnsure = false
        for other in others where !isGone(other, now: now, isAlive: isAlive) {
            guard let conflict = conflict(with: other.node) else { continue }
            let isHere = other.node.machine.map { !$0.isEmpty && $0 == own.machine } ?? false
            let known = firstDescribed[other.node.id, default: other.describedAt]
            if isHere || other.describedAt > known + Self.beat / 2 { return conflict }
            if firstDescribed[other.node.id] == nil { firstDescribed[other.node.id] = other.describedAt }
            isUnsure = true
        }
        if sharesPort, let http = own.http,
            !others.contains(where: { $0.node.http == http && now - $0.describedAt < Self.patience })
        {
            guard now - startedAt < Self.patience else {
                let problem =
                    "another process serves at \(http), and it isn't of this store (its data are named \(store)):"
                    + " give one of them another address, or both the same --redis-url"
                return .conflict(option: "--listen", problem: problem)
            }
            isUnsure = true
        }
        return isUnsure ? .unsure : .fits
    }

    /// Judges them again, once this process is on the list itself: of two that started at the same moment each sees the
    /// other now, or the later one sees the earlier. The one with the greater name gives up; the other one waits for
    /// that.
    public mutating func recheck(beside others: [Neighbour], now: Int64, isAlive: (Int64) -> Bool) -> Verdict {
        let since = announcedAt ?? now
        announcedAt = since
        for other in others where !isGone(other, now: now, isAlive: isAlive) {
            let node = other.node
            guard let conflict = conflict(with: node) else { continue }
            let givesUp = (own.id, own.machine ?? "", own.pid) > (node.id, node.machine ?? "", node.pid)
            return givesUp || now - since >= Self.beat ? conflict : .unsure
        }
        return .fits
    }

    private func isGone(_ other: Neighbour, now: Int64, isAlive: (Int64) -> Bool) -> Bool {
        // One that is stopping serves to its end beside the one that takes its place.
        if !other.node.isReady || now - other.describedAt >= Self.patience { return true }
        guard let machine = other.node.machine, !machine.isEmpty, machine == own.machine else { return false }
        return other.node.pid == own.pid || !isAlive(other.node.pid)
    }

    private func conflict(with node: NodeDescription) -> Verdict? {
        if node.role == own.role, node.id == own.id {
            let problem =
                "a \(own.role) process \"\(node.id)\" is there already (pid \(node.pid)): give it another name"
            return .conflict(option: "--node-name", problem: problem)
        }
        let (ours, theirs) = (own.keys ?? [], node.keys ?? [])
        guard !ours.isEmpty, !theirs.isEmpty, Set(theirs).isDisjoint(with: ours) else { return nil }
        let problem =
            "the ticket key (\(ours.joined(separator: ", "))) isn't the one of \(node.id)"
            + " (\(theirs.joined(separator: ", "))), which serves the same store: every process needs the same file"
        return .conflict(option: "--ticket-key-file", problem: problem)
    }
}
