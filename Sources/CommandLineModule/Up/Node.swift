/// One process that `up` keeps running.
package struct Node: Hashable, Sendable {
    package enum Role: String, Sendable, CaseIterable {
        case redis, queue, scheduler, worker
    }

    package let role: Role
    /// From 1 within the role.
    package let index: Int

    package init(_ role: Role, _ index: Int = 1) {
        self.role = role
        self.index = index
    }

    package var name: String { role == .redis ? "redis" : "\(role.rawValue)-\(index)" }
}

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    package var description: String {
        switch self {
        case .code(let code): "exit \(code)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}
