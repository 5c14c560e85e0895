public import Base

/// The numbers of `CollapseMemory`, which both controllers have. A mark such as (#after-a-collapse) names the section
/// of docs/capacity.md that says where a number comes from.
public struct CollapseTuning: Sendable, Equatable {
    /// After an error, further errors belong to the same collapse. (#after-a-collapse)
    public var incident = TimeSpan.seconds(5)
    /// Without errors for so long, the ceiling rises. (#after-a-collapse)
    public var calm = TimeSpan.seconds(20)
    /// Tenths of the rate that broke it: the ceiling. (#after-a-collapse)
    public var ceilingTenths: Int64 = 8
    /// Per cent of the ceiling; errors at less were not brought by the load. (#after-a-collapse)
    public var loadPercent: Int64 = 50
    /// Per cent that the ceiling rises by in each calm second. (#after-a-collapse)
    public var raisePercent: Int64 = 1
    /// Calm seconds that one rise makes up for at most. (#after-a-collapse)
    public var raisedAtOnce: Int64 = 60
    /// Calls per 1,000 s below which no ceiling sinks. (#after-a-collapse)
    public var leastCeiling1000: Int64 = 1_000
    /// Per cent of the ceiling: the rate that is believed of a group that broke, until it is measured again.
    /// (#after-a-collapse)
    public var believedPercent: Int64 = 30

    public init() {}
}
