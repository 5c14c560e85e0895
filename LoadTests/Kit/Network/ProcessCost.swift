import CLoad

/// Processor time of this process, in microseconds.
package struct ProcessCost: Sendable, Equatable {
    package var user: Int64
    package var system: Int64

    /// So far.
    package init() {
        user = cload_user_cpu_us()
        system = cload_system_cpu_us()
    }

    package func since(_ earlier: ProcessCost) -> ProcessCost {
        var cost = self
        cost.user -= earlier.user
        cost.system -= earlier.system
        return cost
    }
}
