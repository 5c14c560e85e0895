public import Domain
public import Store

/// An item as the scripts keep it: a `ModelItem` with the counters of versions and messages, and a message for each
/// change that the listeners must hear of.
public struct NotifyingItem: Sendable {
    public let name: ItemName
    public let incarnation: UInt64
    public private(set) var item: ModelItem
    private var version: Int64 = 1
    private var notification: Int64 = 1
    private var head: Int64
    private var largest: Int64 = 1
    private var payloads: [[UInt8]] = []

    /// - Parameter base: the last sequence given before.
    public init(_ name: ItemName, incarnation: UInt64, stock: Int64, base: Int64 = 0) {
        self.name = name
        self.incarnation = incarnation
        item = ModelItem(stock: stock, base: base)
        head = base
    }

    public var counters: ItemCounters {
        var counters = ItemCounters()
        (counters.version, counters.notification, counters.head, counters.tail) = (
            version, notification, head, item.tail
        )
        counters.cancelled = item.tail - head - Int64(item.line.count)
        (counters.free, counters.held, counters.inDoubt, counters.sold) = (
            item.free, item.held, item.inDoubt, item.sold
        )
        (counters.endedAt, counters.ended) = (item.endedAt, item.hasEnded ? 1 : 0)
        counters.redo = Int64(item.redo.count)
        return counters
    }

    public var settings: ItemSettings {
        var settings = ItemSettings()
        settings.isFrozen = item.settings.isFrozen
        settings.isPaused = item.settings.isPaused
        settings.isHolding = item.settings.isHolding
        settings.isClosed = item.settings.isClosed
        settings.queueLimit = item.settings.queueLimit
        settings.perUserLimit = item.settings.perUserLimit
        settings.perUserUnits = item.settings.perUserUnits
        settings.closesOnSoldOut = item.settings.closesOnSoldOut
        settings.largest = largest
        return settings
    }

    /// What the listeners must hear, as it goes over the wire; each once.
    public mutating func takeNotifications() -> [[UInt8]] {
        defer { payloads = [] }
        return payloads
    }

    private mutating func tell(_ kind: String = "D") {
        version += 1
        notification += 1
        if item.hasEnded { head = item.tail }
        let c = counters
        let numbers = [
            c.version, c.notification, c.head, c.tail, c.cancelled, c.free, c.held, c.inDoubt, c.sold, c.endedAt,
            c.ended,
            c.redo,
        ]
        let text =
            "\(kind) \(name) \(ItemIncarnation.text(incarnation)) \(numbers.map { "\($0)" }.joined(separator: " "))\n"
        payloads.append(Array(text.utf8))
    }

    // MARK: What the scripts do

    /// One batch.
    @discardableResult
    public mutating func admit(_ buys: [(user: String, key: UInt64, quantity: Int64)]) -> [ModelItem.Answer] {
        let (tail, wasEmpty) = (item.tail, item.line.isEmpty)
        let answers = buys.map { item.admit(user: $0.user, key: $0.key, quantity: $0.quantity).0 }
        let most = zip(buys, answers).filter { $0.1 == .admitted }.map { $0.0.quantity }.max() ?? 1
        let isLarger = most > largest
        largest = max(largest, most)
        if item.tail > tail {
            if wasEmpty || isLarger { tell(isLarger ? "C" : "D") } else { version += 1 }
        }
        return answers
    }

    public mutating func cancel(_ sequence: Int64) -> Store.Cancellation {
        let waiting = item.line.count
        let code = item.cancel(sequence)
        if item.line.count < waiting { tell() }
        return code
    }

    public mutating func deduct(_ count: Int64, worker: String, hasSink: Bool, isAlone: Bool) -> ModelItem.Deduction {
        let (waiting, hadEnded) = (item.line.count, item.hasEnded)
        let done = item.deduct(
            count, worker: worker, hasSink: hasSink, isAlone: isAlone, mostLosses: Limits.losses,
            suspectAfter: Limits.suspected)
        let hasPassed = item.line.count < waiting
        if hasPassed { head = (item.line.first ?? item.tail + 1) - 1 }
        if done.winners > 0 || hasPassed || item.hasEnded != hadEnded { tell() }
        return done
    }

    public mutating func settle(_ settlements: [Settlement], worker: String) -> [Settlement.Answer] {
        let answers = item.settle(settlements, worker: worker)
        if answers.contains(.settled) { tell() }
        return answers
    }

    public mutating func reap(worker: String, consumesAttempt: Bool) -> Int64 {
        let count = item.reap(worker: worker, consumesAttempt: consumesAttempt, mostLosses: Limits.losses)
        if count > 0 { tell() }
        return count
    }

    public mutating func revive(worker: String, includesLost: Bool, limit: Int) -> [ModelItem.Taken] {
        let taken = item.revive(worker: worker, includesLost: includesLost, limit: limit)
        if !taken.isEmpty { tell() }
        return taken
    }

    /// What an operator does.
    public mutating func alter(_ change: (inout ModelItem) -> Void) {
        change(&item)
        tell("C")
    }

    /// The store was restarted, and the item goes on.
    public mutating func reopen(skipping count: Int64) {
        item.reopen(skipping: count)
        if item.line.isEmpty { head = item.tail }
        tell("C")
    }

    /// The store came back with less than somebody saw acknowledged.
    public mutating func freeze(version seen: Int64, tail: Int64) {
        item.reopen(skipping: max(0, tail - item.tail))
        if item.line.isEmpty { head = item.tail }
        version = max(version, seen)
        item.settings.isFrozen = true
        tell("C")
    }
}
