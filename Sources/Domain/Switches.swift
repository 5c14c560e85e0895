/// What operators set for all processes while they run; nil where each process keeps to its own configuration.
public struct Switches: Sendable, Equatable {
    public enum PollBudget: Sendable, Equatable {
        case none
        case perSecond(Int64)
    }

    public var pollBudget: PollBudget?
    /// Changes with every token of an operator that is made or revoked; not set by a change of the others.
    public var operatorsEdition: Int64 = 0

    /// The bound on polls a second of all waiting tickets; nil: none.
    ///
    /// - Parameter configured: the bound where no operator has set one.
    public func pollsPerSecond(orElse configured: Int64?) -> Int64? {
        switch pollBudget {
        case nil: configured
        case PollBudget.none?: nil
        case .perSecond(let number)?: number
        }
    }

    public init(pollBudget: PollBudget? = nil) { self.pollBudget = pollBudget }
}
