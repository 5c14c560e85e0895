/// What a server has counted since it began.
public struct ServerStatistics: Sendable {
    public internal(set) var connectionsOpen = 0
    public internal(set) var connectionsAccepted: UInt64 = 0
    /// Accepted and closed at once, because the limit of connections was reached.
    public internal(set) var connectionsRefused: UInt64 = 0
    /// Times that accepting paused because descriptors or memory had run out.
    public internal(set) var acceptPauses: UInt64 = 0
    /// Requests handed to the handler.
    public internal(set) var requests: UInt64 = 0
    public internal(set) var bytesIn: UInt64 = 0
    public internal(set) var bytesOut: UInt64 = 0
    /// Connections closed because their reader was too slow, or had more output waiting than it may.
    public internal(set) var slowReaders: UInt64 = 0
    private var refusals = [UInt64](repeating: 0, count: Refusal.allCases.count)

    public init() {}

    /// Requests refused by the server itself for this reason.
    public func count(of refusal: Refusal) -> UInt64 { refusals[Int(refusal.rawValue)] }

    /// Requests refused by the server itself with this status.
    public func refused(status: Int) -> UInt64 {
        Refusal.allCases.reduce(0) { $0 + ($1.status == status ? count(of: $1) : 0) }
    }

    mutating func add(_ refusal: Refusal) { refusals[Int(refusal.rawValue)] += 1 }
}
