import Base
public import Domain
public import Store

/// An item as the scripts keep it: a `ModelItem` with the counters of versions and notifications, and a notification
/// for each change that processes must learn of.
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
            item.units.free, item.units.held, item.units.inDoubt, item.units.sold
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
        settings.payWindow = .milliseconds(item.settings.payWindow)
        settings.payGrace = .milliseconds(item.settings.payGrace)
        settings.paySpread = .milliseconds(item.settings.paySpread)
        return settings
    }

    /// What processes must learn, as it goes over the wire; each once.
    public mutating func takeNotifications() -> [[UInt8]] {
        defer { payloads = [] }
        return payloads
    }

    private mutating func notify(_ kind: String = "D") {
        version += 1
        notification += 1
        if item.hasEnded { head = item.tail }
        let c = counters
        let numbers = [
            c.version, c.notification, c.head, c.tail, c.cancelled, c.free, c.held, c.inDoubt, c.sold, c.endedAt,
            c.ended, c.redo,
        ]
        let words = [kind, "\(name)", ItemIncarnation.text(incarnation)] + numbers.map { "\($0)" }
        payloads.append(Array((words.joined(separator: " ") + "\n").utf8))
    }

    // MARK: What the scripts do

    /// One batch.
    @discardableResult
    public mutating func admit(_ buys: [(user: String, key: UInt64, quantity: Int64)]) -> [Admission.Outcome] {
        let (tail, wasEmpty) = (item.tail, item.line.isEmpty)
        let answers = buys.map { item.admit(user: $0.user, key: $0.key, quantity: $0.quantity).0 }
        let most = zip(buys, answers).filter { $0.1 == .admitted }.map { $0.0.quantity }.max() ?? 1
        let isLarger = most > largest
        largest = max(largest, most)
        if item.tail > tail {
            if wasEmpty || isLarger { notify(isLarger ? "C" : "D") } else { version += 1 }
        }
        return answers
    }

    public mutating func cancel(_ sequence: Int64) -> Store.Cancellation {
        let (waiting, held) = (item.line.count, item.units.held)
        let code = item.cancel(sequence)
        if item.line.count < waiting || item.units.held < held { notify() }
        return code
    }

    public mutating func pay(_ payments: [Payment]) -> [Payment.Answer] {
        let before = (item.units, item.holds.due.count)
        let answers = payments.map { item.pay($0) }
        if (item.units, item.holds.due.count) != before { notify() }
        return answers
    }

    mutating func expire(leader: WallInstant, store: WallInstant) -> [Int64] {
        let ended = item.expire(leader: leader.milliseconds, store: store.milliseconds)
        if !ended.isEmpty { notify() }
        return ended
    }

    public mutating func refund(_ sequence: Int64, reference: String, returnsUnit: Bool) -> Store.RefundOutcome {
        let outcome = item.refund(sequence, reference: reference, returnsUnit: returnsUnit)
        if case .done(_, isReplay: false) = outcome { notify("C") }
        return outcome
    }

    /// The store's clock goes on.
    mutating func tick(_ now: WallInstant) { item.now = now.milliseconds }

    public mutating func deduct(_ count: Int64, worker: String, hasSink: Bool, isAlone: Bool) -> ModelItem.Deduction {
        let (waiting, hadEnded) = (item.line.count, item.hasEnded)
        let done = item.deduct(count, worker: worker, hasSink: hasSink, isAlone: isAlone)
        let hasPassed = item.line.count < waiting
        if hasPassed { head = (item.line.first ?? item.tail + 1) - 1 }
        if done.winners > 0 || hasPassed || item.hasEnded != hadEnded { notify() }
        return done
    }

    public mutating func settle(_ settlements: [Settlement], worker: String) -> [Settlement.Answer] {
        let answers = item.settle(settlements, worker: worker)
        if answers.contains(.settled) { notify() }
        return answers
    }

    public mutating func reap(worker: String, consumesAttempt: Bool) -> Int64 {
        let count = item.reap(worker: worker, consumesAttempt: consumesAttempt)
        if count > 0 { notify() }
        return count
    }

    public mutating func revive(worker: String, includesLost: Bool, limit: Int) -> ModelItem.Attempts {
        let taken = item.revive(worker: worker, includesLost: includesLost, limit: limit)
        if !taken.isEmpty { notify() }
        return taken
    }

    /// What an operator does.
    public mutating func alter(_ change: (inout ModelItem) -> Void) {
        change(&item)
        notify("C")
    }

    /// The store was restarted, and the item goes on.
    public mutating func reopen(skipping count: Int64) {
        item.reopen(skipping: count)
        if item.line.isEmpty { head = item.tail }
        notify("C")
    }

    /// The store came back with less than a process saw acknowledged.
    public mutating func freeze(version seen: Int64, tail: Int64) {
        version = max(version, seen)
        item.set(\.isFrozen, true)
        reopen(skipping: tail - item.tail)
    }

    /// As the store keeps attempts.
    func records(of attempts: ModelItem.Attempts) -> [FlightRecord] {
        attempts.sorted { $0.key < $1.key }.map { sequence, attempt in
            let purchase = item.purchases[sequence]
            return FlightRecord(
                sequence: sequence, attempt: attempt, quantity: purchase.quantity,
                admittedAt: WallInstant(milliseconds: 1_000), keyDigest: purchase.key, user: purchase.user)
        }
    }
}
