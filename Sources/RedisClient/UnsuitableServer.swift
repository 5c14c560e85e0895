/// A server that answers, and that can't be used.
public enum UnsuitableServer: Sendable, Equatable, CustomStringConvertible {
    case replica
    case clusterNode
    case sentinel
    case tooOld(version: String)

    /// The oldest that knows the flags of scripts.
    public static let oldestMajorVersion = 7

    /// What it is, and what to do.
    public var description: String {
        switch self {
        case .replica:
            "it is a replica, which takes no writes: name the primary, or an address that leads to it after a failover"
        case .clusterNode:
            "it is a node of a Redis Cluster, which is not supported: name a Redis with cluster-enabled no"
        case .sentinel: "it is a Sentinel, which holds no data: name the primary that it watches"
        case .tooOld(let version):
            "it is Redis \(version), which is too old: install Redis \(Self.oldestMajorVersion).0 or newer"
        }
    }

    /// What makes the server of this `identity` unsuitable; nil for nothing.
    init?(_ identity: ServerIdentity) {
        switch identity.mode {
        case "cluster": self = .clusterNode
        case "sentinel": self = .sentinel
        default:
            guard let major = identity.version.split(separator: ".").first.flatMap({ Int($0) }),
                major < Self.oldestMajorVersion
            else { return nil }
            self = .tooOld(version: identity.version)
        }
    }
}
