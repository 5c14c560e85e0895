/// What a worker, a group or an item has of what it may have.
public struct Allotment: Sendable, Equatable {
    public enum Owner: Sendable, Equatable {
        case worker(String), group(String), item(ItemName)
    }

    public let owner: Owner
    public let taken: Int64
    public let allowance: Int64
}

// What two tables count of the same thing, compared for checks: the unused grants of each item with those in the
// workers' ledgers, and each group with its members. Costs as much as there are workers, items and groups.
extension Scheduler {
    /// Every worker's purchases against its window, every group's calls against its own, every item's unused grants
    /// against what could be taken of it. Windows shrink under what is taken; but nothing is granted above them.
    public var allotments: [Allotment] {
        let ofWorkers = fleet.workers.slots.map { slot in
            Allotment(
                owner: .worker(fleet.workers[slot].id),
                taken: fleet.workers[slot].outstanding - fleet.workers[slot].retries.unused,
                allowance: fleet.workers[slot].controller.window + fleet.workers[slot].prefetch)
        }
        let ofGroups = fleet.groups.indices.map { index in
            Allotment(
                owner: .group(fleet.groups[index].name),
                taken: fleet.groups[index].inFlight - fleet.groups[index].awaitingRetry,
                allowance: fleet.groups[index].window)
        }
        let ofItems = items.all.map {
            Allotment(
                owner: .item($0.name), taken: $0.unused,
                allowance: $0.counters.redo + min($0.counters.waiting, $0.counters.free))
        }
        return ofWorkers + ofGroups + ofItems
    }

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
