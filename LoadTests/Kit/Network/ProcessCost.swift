import CLoad

/// Processor time of this process, in microseconds.
public struct ProcessCost: Sendable, Equatable {
    public var user: Int64
    public var system: Int64

    /// So far.
    public init() {
        user = cload_user_cpu_us()
        system = cload_system_cpu_us()
    }

    public func since(_ earlier: ProcessCost) -> ProcessCost {
        var cost = self
        cost.user -= earlier.user
        cost.system -= earlier.system
        return cost
    }
}
