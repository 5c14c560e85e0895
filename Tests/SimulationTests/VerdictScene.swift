import Base
import Domain
import TestKit

// DESIGN
// What one loop of a queue process is sent, and in which orders it may arrive. A loop has two connections: over one
// come the answers to its own calls, over the other the messages of all scripts, each in order. Loops share nothing but
// the store, so one of them is looked at, and what the others do (of the same process or another one) is the rest of
// the history.

/// One item at the store, and all that it sends to one loop.
struct VerdictScene {
    enum Step: Hashable {
        case own([Int64])  // this loop admits a batch of these quantities
        case others([Int64])  // another loop does
        case deduct(Int64)
        case confirm, refuse  // the oldest purchase in flight
        case cancelFirst, cancelLast  // who waits
        case loseWorker
        case restock
        case read  // by this loop
    }

    /// What comes over the connection for answers.
    enum Answer {
        case admission(AdmissionCounters)
        case snapshot(ItemSnapshot)
    }

    struct AdmissionCounters {
        var counters: ItemCounters
        var largest: Int64
    }

    private(set) var item: TestKit.ModelItem
    private var (version, notification, head, largest) = (Int64(1), Int64(1), Int64(0), Int64(1))
    private(set) var answers: [Answer] = []
    private(set) var messages: [ChangeNotification] = []
    let start: ItemSnapshot

    init(stock: Int64) {
        item = TestKit.ModelItem(stock: stock)
        item.settings.queueLimit = 1_000
        item.settings.perUserLimit = 0
        start = Self.snapshot(ItemCounters(version: 1, notification: 1, head: 0, item), largest: 1)
    }

    private static func snapshot(_ counters: ItemCounters, largest: Int64) -> ItemSnapshot {
        var settings = ItemSettings()
        settings.largest = largest
        return ItemSnapshot(
            counters: counters, settings: settings, boot: "a", incarnation: 7, salt: [],
            storeTime: .init(milliseconds: 1_000_000))
    }

    var counters: ItemCounters { ItemCounters(version: version, notification: notification, head: head, item) }

    /// - Returns: false where the step does nothing now.
    mutating func take(_ step: Step) -> Bool {
        let before = item
        switch step {
        case .own(let quantities): admit(quantities, isOwn: true)
        case .others(let quantities): admit(quantities, isOwn: false)
        case .read: answers.append(.snapshot(Self.snapshot(counters, largest: largest)))
        case .restock:
            item.restock(1)
            tell("C")
        case .cancelFirst, .cancelLast:
            guard let sequence = step == .cancelFirst ? item.line.first : item.line.last else { return false }
            _ = item.cancel(sequence)
            tell()
        case .loseWorker:
            guard item.reap(worker: "w", consumesAttempt: false, mostLosses: 5) > 0 else { return false }
            tell()
        case .deduct(let count):
            guard deduct(count, before) else { return false }
            tell()
        case .confirm, .refuse:
            guard let (sequence, attempt) = item.flights["w"]?.min(by: { $0.key < $1.key }) else { return false }
            let settled = TestKit.ModelItem.Settled(
                sequence: sequence, attempt: attempt, outcome: step == .confirm ? 1 : 2, note: "")
            _ = item.settle([settled], worker: "w")
            if item.hasEnded { head = item.tail }
            tell()
        }
        return true
    }

    private mutating func admit(_ quantities: [Int64], isOwn: Bool) {
        let (tail, wasEmpty) = (item.tail, item.line.isEmpty)
        for (index, quantity) in quantities.enumerated() {
            _ = item.admit(user: "\(tail) \(index)", key: 0, quantity: quantity)
        }
        let most = max(largest, item.purchases.map(\.quantity).max() ?? 1)
        let isLarger = most > largest
        largest = most
        if item.tail > tail {
            if wasEmpty || isLarger { tell(isLarger ? "C" : "D") } else { version += 1 }
        }
        if isOwn { answers.append(.admission(AdmissionCounters(counters: counters, largest: largest))) }
    }

    private mutating func deduct(_ count: Int64, _ before: TestKit.ModelItem) -> Bool {
        let done = item.deduct(
            count, worker: "w", hasSink: true, isAlone: true, mostLosses: 5, suspectAfter: 2)
        let hasPassed = item.line.count < before.line.count
        if hasPassed { head = (item.line.first ?? item.tail + 1) - 1 }
        return done.winners > 0 || hasPassed || item.hasEnded != before.hasEnded
    }

    private mutating func tell(_ kind: String = "D") {
        version += 1
        notification += 1
        messages.append(
            ChangeNotification(
                item: ItemName("item")!, incarnation: 7, changesSettings: kind == "C", counters: counters, runs: []))
    }

    /// Who loses a unit in the end if nothing happens any more but that all are served; who left, and whom the order
    /// service refused, lost none.
    var losers: Set<Int64> {
        var end = item
        while Self.serveAll(&end) {}
        for (worker, flight) in end.flights.sorted(by: { $0.key < $1.key }) {
            let all = flight.map { (sequence, attempt) in
                TestKit.ModelItem.Settled(sequence: sequence, attempt: attempt, outcome: 1, note: "")
            }
            _ = end.settle(all, worker: worker)
        }
        while Self.serveAll(&end) {}
        let lost: [TestKit.ModelItem.Outcome] = [.waiting, .soldOut, .insufficientStock]
        return Set(end.purchases.filter { lost.contains($0.outcome) }.map(\.sequence))
    }

    private static func serveAll(_ item: inout TestKit.ModelItem) -> Bool {
        item.deduct(1_000, worker: "x", hasSink: false, isAlone: true, mostLosses: 5, suspectAfter: 2).winners > 0
    }
}

extension ItemCounters {
    fileprivate init(version: Int64, notification: Int64, head: Int64, _ item: TestKit.ModelItem) {
        self.init()
        (self.version, self.notification, self.head, tail) = (version, notification, head, item.tail)
        cancelled = Int64(item.purchases.count { $0.sequence > head && $0.outcome == .cancelled })
        (free, held, inDoubt, sold) = (item.free, item.held, item.inDoubt, item.sold)
        (endedAt, ended, redo) = (item.endedAt, item.hasEnded ? 1 : 0, Int64(item.redo.count))
    }
}
