/// Why a connection is not usable at the moment. Every one of them is followed by another attempt.
public enum DownReason: Error, Sendable, Equatable, CustomStringConvertible {
    case unresolved(host: String)
    /// No connection came about; says which call failed and how.
    case unconnected(String)
    /// A connection ended that had come about.
    case lost(String)
    /// A reply did not come within its deadline.
    case silent
    /// The store is still reading its data, or waiting for its primary.
    case loading
    /// The store refused the set-up of the connection: wrong password, missing right, too many clients, no such
    /// database.
    case refused(RedisErrorReply)
    /// The server answers, and can't be used.
    case unsuitable(UnsuitableServer)
    /// Bytes came that no store would send here.
    case protocolError(String)

    public var description: String {
        switch self {
        case .unresolved(let host): "the host name \(host) has no address"
        case .unconnected(let cause): "no connection: \(cause)"
        case .lost(let cause): "connection lost: \(cause)"
        case .silent: "no reply within the deadline"
        case .loading: "the store is loading its data"
        case .refused(let reply): "refused by the store: \(reply)"
        case .unsuitable(let server): "the store can't be used: \(server)"
        case .protocolError(let cause): "not the protocol of the store: \(cause)"
        }
    }
}
