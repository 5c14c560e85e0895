/// What one thing costs, as measured on the machine of docs/capacity-planning.md; `scripts/measure-costs.py` measures
/// it anew, and a flag overrides each.
package struct Costs: Sendable, Equatable {
    // Microseconds of processor time.
    package var purchase = 10.0  // sluice-queue, to answer a purchase
    package var poll = 7.5  // sluice-queue, to answer from memory
    package var redisAdmit = 2.5  // Redis, to admit a purchase
    package var redisOrder = 2.0  // Redis, to deduct and settle it
    package var worker = 2.0  // sluice-worker, from the grant to the settled order
    // Bytes.
    package var waiting = 121.0  // Redis, for each purchase ever admitted
    package var connection = 2_000.0  // sluice-queue, for each idle connection
}
