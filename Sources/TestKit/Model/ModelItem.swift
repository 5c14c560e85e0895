import Domain
public import Store

// DESIGN
// The rules of one item once more, as plainly as they can be said: every purchase has its own outcome, there is no
// chunk, watermark, index or counter to keep in step. Tests run the scripts and this side by side; simulations use it
// as the store. Slow on purpose: the end of an item touches every purchase that waits.

/// What an item must do, as a value: each method is one script, applied to one purchase after the other.
public struct ModelItem: Sendable {
    /// Attempts by sequence.
    public typealias Attempts = [Int64: Int64]

    public private(set) var settings: Settings
    public private(set) var units: Units
    public private(set) var purchases: Purchases
    public private(set) var hasEnded = false
    public private(set) var endedAt: Int64
    /// Purchases that are to be paid, and what was paid.
    public private(set) var holds = Holds()
    /// The store's clock, milliseconds.
    public var now: Int64 = 0
    /// Sequences in the order in which they were first taken.
    public private(set) var winners: [Int64] = []
    /// Sequences that wait, in order.
    public private(set) var line: [Int64] = []
    /// Under way, by worker.
    public private(set) var flights: [String: Attempts] = [:]
    /// Used up by workers that were lost.
    public private(set) var redo: Attempts = [:]
    private(set) var doubts = Doubts()
    /// How many workers were lost while they held a sequence.
    private(set) var losses: [Int64: Int64] = [:]
    /// Those that alone may settle a sequence whose worker was lost.
    private(set) var fences: Attempts = [:]
    /// References and reasons, by sequence.
    public private(set) var notes: [Int64: String] = [:]

    /// - Parameter base: the last sequence given before; all up to it are sold out.
    public init(stock: Int64, base: Int64 = 0) {
        settings = Settings(queueLimit: max(1, stock * 3))
        units = Units(free: stock)
        purchases = Purchases(base: base)
        endedAt = base
        endIfDone()
    }

    public var tail: Int64 { purchases.tail }

    /// Ends every purchase that waits, when nothing is left and nothing can come back.
    private mutating func endIfDone() {
        guard !hasEnded, units.free == 0, settings.closesOnSoldOut || units.held == units.inDoubt else { return }
        hasEnded = true
        endedAt = tail
        for sequence in line { purchases.decide(sequence, .soldOut) }
        line.removeAll()
    }

    // MARK: Operators

    public mutating func set<Value>(_ setting: WritableKeyPath<Settings, Value>, _ value: Value) {
        settings[keyPath: setting] = value
    }

    /// Sets the stock in all, and what else an operator wants.
    ///
    /// - Returns: false, and nothing is changed, when more is held and sold already.
    public mutating func put(stock: Int64?, _ change: (inout Settings) -> Void) -> Bool {
        let more = (stock ?? units.total) - units.total
        guard units.free + more >= 0 else { return false }
        takeFirstStock(units.total + more)
        change(&settings)
        units.add(more)
        if units.free > 0 { hasEnded = false }
        endIfDone()
        return true
    }

    public mutating func restock(_ count: Int64) {
        takeFirstStock(units.total + count)
        units.add(count)
        if units.free > 0 { hasEnded = false }
    }

    /// An operator who made an item without stock did not mean that one purchase may wait.
    private mutating func takeFirstStock(_ total: Int64) {
        guard units.total == 0, total > 0, settings.queueLimit == 1, !settings.isQueueLimitChosen else { return }
        settings.queueLimit = total * 3
    }

    /// The store was restarted, and its item reopened: so many sequences are left out.
    public mutating func reopen(skipping count: Int64) { purchases.skip(count) }

    // MARK: Buyers

    /// Takes one purchase into the line.
    ///
    /// - Returns: the answer, and the purchase that it names: the new one, the replayed one, or the place's holder.
    public mutating func admit(user: String, key: UInt64, quantity: Int64) -> (Admission.Outcome, Purchase?) {
        let own = purchases.of(user)
        if let same = own.last(where: { $0.key == key }), key != 0 || same.outcome != .cancelled {
            return (same.quantity == quantity ? .replayed : .mismatch, same)
        }
        let counting = own.filter(\.counts)
        let count = counting.reduce(quantity) { $0 + $1.quantity }
        let isOver =
            settings.perUserLimit > 0 && counting.count >= settings.perUserLimit
            || settings.perUserUnits > 0 && count > settings.perUserUnits
        let ended = own.first { !$0.counts }
        let isFull = own.count >= Limits.purchasesPerUser
        if isOver || isFull && ended == nil { return (.limitReached, counting.first) }
        if let refusal { return (refusal, nil) }
        if isFull, let ended { purchases.forget(ended.sequence) }
        let purchase = purchases.append(user: user, key: key, quantity: quantity)
        line.append(purchase.sequence)
        return (.admitted, purchase)
    }

    /// A buyer leaves.
    public mutating func cancel(_ sequence: Int64) -> Store.Cancellation {
        guard purchases.has(sequence) else { return sequence > tail ? .unknown : .alreadyFinal }
        switch purchases[sequence].outcome {
        case .cancelled: return .cancelled
        case .skipped: return .unknown
        case .processing, .inDoubt: return .inProgress
        case .sold, .rejected, .expired, .insufficientStock, .soldOut: return .alreadyFinal
        case .reserved:
            endHold(sequence, .cancelled) { $0.giveBack($1) }
            return .cancelled
        case .waiting:
            purchases.decide(sequence, .cancelled)
            line.removeAll { $0 == sequence }
            return .cancelled
        }
    }

    // MARK: Workers

    /// Takes up to `count` winners: lost workers' purchases first, then the line from its head, none passed over.
    public mutating func deduct(_ count: Int64, worker: String, hasSink: Bool, isAlone: Bool) -> Deduction {
        if settings.isFrozen || settings.isPaused || settings.isHolding { return .none(.itemHalted) }
        let areSuspects = hasSink && redo.keys.min().map(isSuspect) ?? false
        if areSuspects && !isAlone { return .none(.needsIdleWorker) }
        var taken: Attempts = [:]
        for sequence in retaken(count, hasSink: hasSink, areSuspects: areSuspects) {
            taken[sequence] = Self.attempt(after: redo.removeValue(forKey: sequence)!)
            if !hasSink { confirm(sequence) }
        }
        var isHeadWaiting = false
        while redo.isEmpty, !areSuspects, Int64(taken.count) < count, units.free > 0, let sequence = line.first {
            let quantity = purchases[sequence].quantity
            if quantity > units.free {
                isHeadWaiting = !settings.closesOnSoldOut && quantity <= units.free + units.held - units.inDoubt
                if isHeadWaiting { break }
                purchases.decide(sequence, .insufficientStock)
            } else {
                units.hold(quantity)
                purchases.decide(sequence, .processing)
                taken[sequence] = 1
                winners.append(sequence)
                if !hasSink { confirm(sequence) }
            }
            line.removeFirst()
        }
        if hasSink { flights[worker, default: [:]].merge(taken) { $1 } }
        endIfDone()
        return Deduction(
            stop: stop(isHeadWaiting), winners: Int64(taken.count), taken: hasSink ? taken : [:],
            areSuspects: areSuspects)
    }

    private func isSuspect(_ sequence: Int64) -> Bool { losses[sequence] ?? 0 >= Limits.suspected }

    /// Lost workers' purchases that are next: suspects in groups that become smaller with the workers that they have
    /// lost, and apart from all others.
    private func retaken(_ count: Int64, hasSink: Bool, areSuspects: Bool) -> ArraySlice<Int64> {
        var next = redo.keys.sorted().prefix(Int(count)).prefix { !hasSink || isSuspect($0) == areSuspects }
        while areSuspects, let most = next.map({ losses[$0] ?? 0 }).max(),
            next.count > 1 << max(0, 2 * (Limits.losses - 1 - most))
        {
            next = next.dropLast()
        }
        return next
    }

    /// Its units are sold, or held until it is paid.
    private mutating func confirm(_ sequence: Int64) {
        guard settings.payWindow == 0 else {
            purchases.decide(sequence, .reserved)
            return holds.begin(sequence, settings, now: now)
        }
        units.sell(purchases[sequence].quantity)
        purchases.decide(sequence, .sold)
    }

    /// A reserved purchase ends so; `change` gets its units.
    mutating func endHold(_ sequence: Int64, _ outcome: Outcome, _ change: (inout Units, Int64) -> Void) {
        purchases.decide(sequence, outcome)
        holds.end(sequence)
        let quantity = purchases[sequence].quantity
        changeUnits { change(&$0, quantity) }
    }

    mutating func changeUnits(_ change: (inout Units) -> Void) {
        change(&units)
        if units.free > 0 { hasEnded = false }
        endIfDone()
    }

    mutating func note<Value>(_ change: (inout Holds) -> Value) -> Value { change(&holds) }
    mutating func refunded(_ sequence: Int64) { purchases.refunded(sequence) }

    /// Ends attempts, each as the sink answered.
    public mutating func settle(_ settlements: [Settlement], worker: String) -> [Settlement.Answer] {
        let answers = settlements.map { settle($0, worker: worker) }
        if answers.contains(.settled) {
            if units.free > 0 { hasEnded = false }
            endIfDone()
        }
        return answers
    }

    private mutating func settle(_ settlement: Settlement, worker: String) -> Settlement.Answer {
        let sequence = settlement.sequence
        guard let attempt = flights[worker]?[sequence] else {
            if let fence = fences[sequence], fence != settlement.attempt { return .fenced }
            let isDoubt = settlement.outcome == .inDoubt
            let ends: [Outcome] = [.sold, .rejected, .reserved, .expired, .cancelled] + (isDoubt ? [.inDoubt] : [])
            return purchases.has(sequence) && ends.contains(purchases[sequence].outcome) ? .repeated : .unknown
        }
        guard attempt == settlement.attempt else { return .fenced }
        flights[worker]![sequence] = nil
        if settlement.outcome != .inDoubt, !settlement.note.isEmpty { notes[sequence] = settlement.note }
        switch settlement.outcome {
        case .confirmed: confirm(sequence)
        case .inDoubt:
            leaveInDoubt(sequence)
            doubts.unanswered[sequence] = attempt
        case .refused: refuse(sequence)
        }
        return .settled
    }

    private mutating func leaveInDoubt(_ sequence: Int64) {
        units.doubt(purchases[sequence].quantity)
        purchases.decide(sequence, .inDoubt)
    }

    /// Takes back all that `worker` holds; units stay held.
    ///
    /// - Returns: how many purchases.
    public mutating func reap(worker: String, consumesAttempt: Bool) -> Int64 {
        let attempts = flights.removeValue(forKey: worker) ?? [:]
        for (sequence, attempt) in attempts.sorted(by: { $0.key < $1.key }) {
            if consumesAttempt { losses[sequence, default: 0] += 1 }
            if consumesAttempt, losses[sequence]! >= Limits.losses {
                leaveInDoubt(sequence)
                doubts.poisoned[sequence] = attempt
            } else {
                redo[sequence] = consumesAttempt ? attempt : attempt - 1
                fences[sequence] = Self.attempt(after: redo[sequence]!)
            }
        }
        if !attempts.isEmpty { endIfDone() }
        return Int64(attempts.count)
    }

    /// Purchases in doubt, with the attempts used up; those that lost workers left only where `includesLost`.
    public func inDoubt(includesLost: Bool) -> Attempts { doubts.all(includesLost: includesLost) }

    /// An operator ends one of them.
    public mutating func resolve(_ sequence: Int64, isConfirmed: Bool, note: String) -> Store.Resolution {
        guard let used = doubts.remove(sequence) else { return resolution(sequence, isConfirmed: isConfirmed) }
        fences[sequence] = Self.attempt(after: used)
        units.doubt(-purchases[sequence].quantity)
        if !note.isEmpty { notes[sequence] = note }
        if isConfirmed { confirm(sequence) } else { refuse(sequence) }
        changeUnits { _ in }
        return .done
    }

    private mutating func refuse(_ sequence: Int64) {
        units.giveBack(purchases[sequence].quantity)
        purchases.decide(sequence, .rejected)
    }

    /// Takes what is in doubt into the flight of `worker`, the oldest first.
    public mutating func revive(worker: String, includesLost: Bool, limit: Int = .max) -> Attempts {
        var taken: Attempts = [:]
        for (sequence, used) in inDoubt(includesLost: includesLost).sorted(by: { $0.key < $1.key }).prefix(limit) {
            _ = doubts.remove(sequence)
            units.doubt(-purchases[sequence].quantity)
            purchases.decide(sequence, .processing)
            taken[sequence] = Self.attempt(after: used)
            fences[sequence] = taken[sequence]
        }
        flights[worker, default: [:]].merge(taken) { $1 }
        return taken
    }
}
