/// What operators set for all processes while they run; nil where each goes by its own configuration.
public struct Switches: Sendable, Equatable {
    public enum PollBudget: Sendable, Equatable {
        case none
        case perSecond(Int64)
    }

    public var pollBudget: PollBudget?

    /// Polls a second that all who wait may make; nil: no bound.
    ///
    /// - Parameter configured: what holds where no operator has set anything.
    public func pollsPerSecond(orElse configured: Int64?) -> Int64? {
        switch pollBudget {
        case nil: configured
        case PollBudget.none?: nil
        case .perSecond(let number)?: number
        }
    }

    public init(pollBudget: PollBudget? = nil) { self.pollBudget = pollBudget }
}
