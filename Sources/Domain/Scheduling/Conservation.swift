// What two tables count of the same thing, compared for checks: the unused grants of each item with those in the
// workers' ledgers, and each group with its members. Costs as much as there are workers, items and groups.
extension Scheduler {
    /// A sentence for each thing that does not add up; empty where all does.
    public var imbalances: [String] {
        var found: [String] = []
        var unused = [Int64](repeating: 0, count: items.all.count)
        for worker in fleet.workers.all {
            let ofWorker = worker.ledger.unusedOfItems
            for (item, count) in ofWorker { unused[item] += count }
            let sum = ofWorker.reduce(0) { $0 + $1.unused }
            if sum != worker.ledger.unused || ofWorker.contains(where: { $0.unused < 0 }) {
                found.append("worker \(worker.id) has \(worker.ledger.unused) unused, its entries say \(sum)")
            }
        }
        for (item, sum) in zip(items.all, unused) where item.unused != sum {
            found.append("of item \(item.name) \(item.unused) are unused, the workers say \(sum)")
        }
        for (index, group) in fleet.groups.all.enumerated() {
            let members = fleet.workers.all.filter { $0.group == index }
            let inFlight = members.reduce(0) { $0 + $1.share.inFlight }
            let awaiting = members.reduce(0) { $0 + $1.share.awaitingRetry }
            if group.members != members.count || group.inFlight != inFlight || group.awaitingRetry != awaiting {
                found.append("group \(group.name) has \(group.inFlight) in flight, its workers say \(inFlight)")
            }
        }
        return found
    }
}
