import Base
import Testing

@testable import Domain

/// The allocator with the three tables that it hands out from: no scheduler, no reports, no store. A worker of the rig
/// takes what it is granted when `use` says so, and has completed it at once.
struct AllocatorRig {
    var items = ItemTable()
    var workers = WorkerTable(lease: .seconds(3))
    var groups = GroupTable()
    var allocator = Allocator()
    private(set) var byItem: [Int64]  // granted
    private(set) var permits: [Int64] = []  // by worker
    private var seen: [[Int64]] = []  // granted, by worker and item
    private var used: [[Int64]] = []
    private var beats: [Int64] = []

    init(waiting: [Int64], free: Int64 = 1 << 40, weights: [Int64] = []) {
        byItem = [Int64](repeating: 0, count: waiting.count)
        for (number, count) in waiting.enumerated() {
            let index = items.index(of: ItemName("item-\(number)")!)
            let read = counters { ($0.tail, $0.free, $0.version) = (count, free, 1) }
            _ = items.read(
                index, incarnation: 7, counters: read, life: "a", weight: weights.isEmpty ? nil : weights[number])
        }
    }

    mutating func addGroup(cap: Int64? = nil, window: Int64? = nil) -> Int {
        let sink = SinkReport(group: "group-\(groups.indices.count)", capPerSecond: cap)
        let hint = window.map { CapacityHint(rate1000: 100_000 * $0, unloadedMicroseconds: 10_000, standing: .growing) }
        return groups.index(of: sink, hint: hint, now: at(0))!
    }

    /// A worker with two slots and no pace; with a window one that has also been measured, and so has a pace.
    mutating func addWorker(window: Int64? = nil, group: Int? = nil, now: MonotonicInstant = at(0)) {
        let hint = window.map { CapacityHint(rate1000: 100_000 * $0, unloadedMicroseconds: 9_000, standing: .growing) }
        workers.add("w\(beats.count)", hint: hint, now: now)
        let slot = beats.count
        beats.append(0)
        permits.append(0)
        seen.append([Int64](repeating: 0, count: byItem.count))
        used.append([Int64](repeating: 0, count: byItem.count))
        if let group {
            groups.move(workers[slot].share, unanswered: 0, from: nil, to: group, now: now)
            workers[slot].enter(group: group)
        }
        hear(slot, now: now)
    }

    mutating func hear(
        _ slot: Int, inFlight: Int64 = 0, retries: Int64? = nil, now: MonotonicInstant = at(0)
    ) {
        beats[slot] += 1
        let report = WorkerReport(
            worker: "w\(slot)", beat: beats[slot], term: 1, inFlight: inFlight, completed: 0, executionSum: 0,
            isComplete: false, lines: [])
        workers[slot].received(report, now: now)
        if let retries {
            let wanted = RetryReport(wanted: retries, allowance: permits[slot])
            workers[slot].received(wanted, in: report, isOfTerm: true, now: now)
            if let group = workers[slot].group, workers[slot].retries.open > 0 { groups[group].request(slot) }
        }
        allocator.touch(slot, &workers, &groups, now: now)
    }

    /// - Returns: how many purchases each worker was granted.
    @discardableResult
    mutating func grant(_ now: MonotonicInstant) -> [Int: Int64] {
        var fresh: [Int: Int64] = [:]
        let slots = allocator.grant(&items, &workers, &groups, now: now)
        #expect(slots == slots.sorted() && Set(slots).count == slots.count)
        for slot in slots {
            let granted = workers[slot].takeGrants()
            #expect(!granted.items.isEmpty || granted.retries != nil, "a grant of nothing")
            for (item, total) in granted.items {
                #expect(total > seen[slot][item])
                byItem[item] += total - seen[slot][item]
                fresh[slot, default: 0] += total - seen[slot][item]
                seen[slot][item] = total
            }
            permits[slot] = granted.retries ?? permits[slot]
        }
        return fresh
    }

    func unused(_ slot: Int, _ item: Int) -> Int64 { seen[slot][item] - used[slot][item] }

    /// The worker says that it took so many of what it was granted of an item.
    mutating func use(_ count: Int64, of item: Int, worker slot: Int, now: MonotonicInstant) {
        used[slot][item] += count
        let line = WorkerReport.Line(
            item: items[item].name, allowance: seen[slot][item], used: used[slot][item], stop: .limitReached,
            counters: ItemCounters())
        let change = workers[slot].account(line, of: item, now: now)
        var moved = items[item].counters
        (moved.head, moved.version) = (moved.head + count, moved.version + 1)
        items.changed(item, moved)
        items.add(unused: change.unused, to: change.item)
        allocator.touch(slot, &workers, &groups, now: now)
    }

    mutating func useAll(now: MonotonicInstant) {
        for slot in beats.indices {
            for item in byItem.indices where unused(slot, item) > 0 {
                use(unused(slot, item), of: item, worker: slot, now: now)
            }
            hear(slot, now: now)
        }
    }

    /// The worker takes nothing more.
    mutating func release(_ slot: Int) {
        for change in workers[slot].release() { items.add(unused: change.unused, to: change.item) }
    }

    mutating func changeWaiting(of item: Int, by count: Int64) {
        var counters = items[item].counters
        (counters.tail, counters.version) = (counters.tail + count, counters.version + 1)
        items.changed(item, counters)
    }

    /// What is granted and unused adds up, and nobody has more than there is room for.
    func check(_ step: Int) {
        for item in byItem.indices {
            let ofWorkers = workers.all.reduce(Int64(0)) { sum, worker in
                sum + (worker.ledger.unusedOfItems.first { $0.item == item }?.unused ?? 0)
            }
            #expect(items[item].unused == ofWorkers, "item \(item), step \(step)")
            #expect(byItem[item] <= items[item].counters.tail, "more than ever waited, step \(step)")
        }
        for worker in workers.all {
            #expect(worker.outstanding <= worker.controller.window, "\(worker.id), step \(step)")
            let calls = worker.group == nil ? 0 : worker.outstanding
            #expect(worker.unansweredCalls == calls, "what its group was charged with, \(worker.id), step \(step)")
        }
        for index in groups.indices {
            let ofMembers = workers.all.filter { $0.group == index }.reduce(Int64(0)) { $0 + $1.outstanding }
            #expect(groups[index].inFlight == ofMembers, "group \(index), step \(step)")
            #expect(ofMembers <= groups[index].resource(breaker: .closed).state.window, "group \(index), step \(step)")
        }
    }
}
