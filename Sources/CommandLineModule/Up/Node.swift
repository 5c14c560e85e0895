/// One process that `up` keeps running.
public struct Node: Hashable, Sendable {
    public enum Role: String, Sendable, CaseIterable {
        case redis, queue, scheduler, worker
    }

    public let role: Role
    /// From 1 within the role.
    public let index: Int

    public init(_ role: Role, _ index: Int = 1) {
        self.role = role
        self.index = index
    }

    public var name: String { role == .redis ? "redis" : "\(role.rawValue)-\(index)" }
}

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    public var description: String {
        switch self {
        case .code(let code): "exit \(code)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}
