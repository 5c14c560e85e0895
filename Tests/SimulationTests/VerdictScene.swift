import Base
import Domain
import Store
import TestKit

// DESIGN
// What one loop of a queue process is sent, and in which orders it may arrive. A loop has two connections: over one
// come the answers to its own calls, over the other the messages of all scripts, each in order. Loops share nothing but
// the store, so one of them is examined, and what the others do (of the same process or another one) is the
// remaining history.

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

    private(set) var item: NotifyingItem
    private(set) var answers: [Answer] = []
    private(set) var messages: [ChangeNotification] = []
    let start: ItemSnapshot

    init(stock: Int64) {
        item = NotifyingItem(ItemName("item")!, incarnation: 7, stock: stock)
        item.alter { item in
            item.set(\.queueLimit, 1_000)
            item.set(\.perUserLimit, 0)
        }
        _ = item.takeNotifications()
        start = Self.snapshot(item)
    }

    private static func snapshot(_ item: NotifyingItem) -> ItemSnapshot {
        var settings = ItemSettings()
        settings.largest = item.settings.largest
        return ItemSnapshot(
            counters: item.counters, settings: settings, boot: "a", incarnation: 7, salt: [],
            storeTime: .init(milliseconds: 1_000_000))
    }

    /// - Returns: false where the step does nothing now.
    mutating func take(_ step: Step) -> Bool {
        switch step {
        case .own(let quantities):
            admit(quantities)
            answers.append(.admission(AdmissionCounters(counters: item.counters, largest: item.settings.largest)))
            return true
        case .others(let quantities):
            admit(quantities)
            return true
        case .read:
            answers.append(.snapshot(Self.snapshot(item)))
            return true
        case .restock: item.alter { $0.restock(1) }
        case .cancelFirst, .cancelLast:
            guard let sequence = step == .cancelFirst ? item.item.line.first : item.item.line.last else { return false }
            _ = item.cancel(sequence)
        case .loseWorker: _ = item.reap(worker: "w", consumesAttempt: false)
        case .deduct(let count): _ = item.deduct(count, worker: "w", hasSink: true, isAlone: true)
        case .confirm, .refuse:
            guard let (sequence, attempt) = item.item.flights["w"]?.min(by: { $0.key < $1.key }) else { return false }
            let outcome: Settlement.Outcome = step == .confirm ? .confirmed : .refused
            _ = item.settle([.init(sequence: sequence, attempt: attempt, outcome: outcome)], worker: "w")
        }
        return receive()
    }

    private mutating func admit(_ quantities: [Int64]) {
        let tail = item.item.tail
        item.admit(quantities.enumerated().map { (user: "\(tail) \($0.offset)", key: 0, quantity: $0.element) })
        _ = receive()
    }

    /// - Returns: whether anything was sent.
    private mutating func receive() -> Bool {
        let sent = item.takeNotifications().map { ChangeNotification(payload: $0)! }
        messages += sent
        return !sent.isEmpty
    }

    /// Purchases without a unit in the end if nothing happens any more but that all are served. A buyer who left, and
    /// one whom the order service refused, lost none.
    var losers: Set<Int64> {
        var end = item.item
        while Self.serveAll(&end) {}
        for (worker, flight) in end.flights.sorted(by: { $0.key < $1.key }) {
            let all = flight.map { (sequence, attempt) in
                Settlement(sequence: sequence, attempt: attempt, outcome: .confirmed)
            }
            _ = end.settle(all, worker: worker)
        }
        while Self.serveAll(&end) {}
        let lost: [ModelItem.Outcome] = [.waiting, .soldOut, .insufficientStock]
        return Set(end.purchases.all.filter { lost.contains($0.outcome) }.map(\.sequence))
    }

    private static func serveAll(_ item: inout ModelItem) -> Bool {
        item.deduct(1_000, worker: "x", hasSink: false, isAlone: true).winners > 0
    }
}
