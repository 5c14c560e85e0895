/// What one thing costs, as measured on the machine of docs/capacity-planning.md; `scripts/measure-costs.py` measures
/// it anew, and a flag overrides each.
public struct Costs: Sendable, Equatable {
    // Microseconds of processor time.
    public var purchase = 10.0  // sluice-queue, to answer a purchase
    public var poll = 10.0  // sluice-queue, to answer from memory
    public var redisAdmit = 4.0  // Redis, to admit a purchase
    public var redisOrder = 12.0  // Redis, to deduct and settle it, with a sink
    public var worker = 3.7  // sluice-worker, from the grant to the settled order, with a sink
    // Bytes.
    public var waiting = 112.0  // Redis, for each purchase ever admitted
    public var connection = 320.0  // sluice-queue, for each idle connection

    public init() {}
}
