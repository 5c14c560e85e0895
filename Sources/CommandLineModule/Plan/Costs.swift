/// What one thing costs, as measured on the machine of docs/capacity-planning.md; `scripts/measure-costs.py` measures
/// it anew, and a flag overrides each.
package struct Costs: Sendable, Equatable {
    // Microseconds of processor time.
    package var purchase = 10.0  // sluice-queue, to answer a purchase
    package var poll = 10.0  // sluice-queue, to answer from memory
    package var redisAdmit = 4.0  // Redis, to admit a purchase
    package var redisOrder = 15.0  // Redis, to deduct and settle it, with a sink
    package var worker = 3.3  // sluice-worker, from the grant to the settled order, with a sink
    // Bytes.
    package var waiting = 129.0  // Redis, for each purchase ever admitted
    package var connection = 551.0  // sluice-queue, for each idle connection
}
