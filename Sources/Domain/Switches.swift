/// What operators set for all processes while they run; nil where each goes by its own configuration.
public struct Switches: Sendable, Equatable {
    public enum PollBudget: Sendable, Equatable {
        case none
        case perSecond(Int64)
    }

    public var pollBudget: PollBudget?

    public init(pollBudget: PollBudget? = nil) { self.pollBudget = pollBudget }
}
