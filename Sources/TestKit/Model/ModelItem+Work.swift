public import Domain
public import Store

// What workers do, and what is done for lost ones.
extension ModelItem {
    public struct Taken: Sendable, Equatable {
        public var sequence: Int64
        public var attempt: Int64

        public init(sequence: Int64, attempt: Int64) {
            self.sequence = sequence
            self.attempt = attempt
        }
    }

    public struct Deduction: Sendable, Equatable {
        public var stop: DeductStop
        public var winners: Int64
        public var taken: [Taken]  // with a sink: those now in flight
        public var areSuspects: Bool

        public init(stop: DeductStop, winners: Int64, taken: [Taken], areSuspects: Bool = false) {
            self.stop = stop
            self.winners = winners
            self.taken = taken
            self.areSuspects = areSuspects
        }
    }

    /// Takes up to `count` winners: lost workers' purchases first, then the line from its head, nobody passed over.
    public mutating func deduct(
        _ count: Int64, worker: String, hasSink: Bool, isAlone: Bool, mostLosses: Int64, suspectAfter: Int64
    ) -> Deduction {
        if settings.isFrozen || settings.isPaused || settings.isHolding {
            return Deduction(stop: .itemHalted, winners: 0, taken: [])
        }
        var taken: [Taken] = []
        // Suspects: in groups that become smaller with the workers that they have lost, alone.
        let lost = redo.keys.sorted()
        func losses(_ sequence: Int64) -> Int64 { self.losses[sequence] ?? 0 }
        let isSuspect = hasSink && lost.first.map(losses) ?? 0 >= suspectAfter
        if isSuspect && !isAlone { return Deduction(stop: .needsIdleWorker, winners: 0, taken: []) }
        var next = lost.prefix(Int(count)).prefix { !hasSink || (losses($0) >= suspectAfter) == isSuspect }
        while isSuspect, let most = next.map(losses).max(), next.count > 1 << max(0, 2 * (mostLosses - 1 - most)) {
            next = next.dropLast()
        }
        for sequence in next {
            let attempt = Self.attempt(after: redo.removeValue(forKey: sequence)!)
            taken.append(Taken(sequence: sequence, attempt: attempt))
            if !hasSink { confirm(sequence) }
        }
        var isHeadWaiting = false
        while redo.isEmpty, !isSuspect, Int64(taken.count) < count, free > 0, let sequence = line.first {
            let quantity = self[sequence].quantity
            if quantity > free {
                isHeadWaiting = !settings.closesOnSoldOut && quantity <= free + held - inDoubt
                if isHeadWaiting { break }
                self[sequence].outcome = .insufficientStock
            } else {
                free -= quantity
                held += quantity
                self[sequence].outcome = .processing
                taken.append(Taken(sequence: sequence, attempt: 1))
                winners.append(sequence)
                if !hasSink { confirm(sequence) }
            }
            line.removeFirst()
        }
        if hasSink { for one in taken { flights[worker, default: [:]][one.sequence] = one.attempt } }
        endIfDone()
        return Deduction(
            stop: stop(isHeadWaiting), winners: Int64(taken.count), taken: hasSink ? taken : [],
            areSuspects: isSuspect)
    }

    private func stop(_ isHeadWaiting: Bool) -> DeductStop {
        if redo.isEmpty {
            if hasEnded { return .itemEnded }
            if line.isEmpty { return .queueEmpty }
            if free == 0 { return .headWaits }
        }
        return isHeadWaiting ? .headWaits : .limitReached
    }

    private mutating func confirm(_ sequence: Int64) {
        held -= self[sequence].quantity
        sold += self[sequence].quantity
        self[sequence].outcome = .sold
    }

    /// Ends attempts, each as the sink answered.
    public mutating func settle(_ settlements: [Settlement], worker: String) -> [Settlement.Answer] {
        let answers = settlements.map { settle($0, worker: worker) }
        if answers.contains(.settled) {
            if free > 0 { hasEnded = false }
            endIfDone()
        }
        return answers
    }

    private mutating func settle(_ settlement: Settlement, worker: String) -> Settlement.Answer {
        let sequence = settlement.sequence
        guard let attempt = flights[worker]?[sequence] else {
            if let fence = fences[sequence], fence != settlement.attempt { return .fenced }
            let isDoubt = settlement.outcome == .inDoubt
            let ends: [Outcome] = isDoubt ? [.sold, .rejected, .inDoubt] : [.sold, .rejected]
            return has(sequence) && ends.contains(self[sequence].outcome) ? .repeated : .unknown
        }
        guard attempt == settlement.attempt else { return .fenced }
        flights[worker]![sequence] = nil
        if settlement.outcome != .inDoubt, !settlement.note.isEmpty { notes[sequence] = settlement.note }
        switch settlement.outcome {
        case .confirmed: confirm(sequence)
        case .inDoubt:
            inDoubt += self[sequence].quantity
            silent[sequence] = attempt
            self[sequence].outcome = .inDoubt
        case .refused:
            held -= self[sequence].quantity
            free += self[sequence].quantity
            self[sequence].outcome = .rejected
        }
        return .settled
    }

    /// Takes back all that `worker` holds; units stay held.
    ///
    /// - Returns: how many purchases.
    public mutating func reap(worker: String, consumesAttempt: Bool, mostLosses: Int64) -> Int64 {
        let records = flights.removeValue(forKey: worker) ?? [:]
        for (sequence, attempt) in records.sorted(by: { $0.key < $1.key }) {
            let used = consumesAttempt ? attempt : attempt - 1
            if consumesAttempt { losses[sequence, default: 0] += 1 }
            if consumesAttempt, losses[sequence]! >= mostLosses {
                inDoubt += self[sequence].quantity
                doubtful[sequence] = attempt
                self[sequence].outcome = .inDoubt
            } else {
                redo[sequence] = used
                fences[sequence] = Self.attempt(after: used)
            }
        }
        if !records.isEmpty { endIfDone() }
        return Int64(records.count)
    }

    /// Attempts are told apart, not counted.
    static func attempt(after used: Int64) -> Int64 { used % 255 + 1 }

    /// Takes what is in doubt into the flight of `worker`, the oldest first; what lost workers left only where
    /// `includesLost`.
    public mutating func revive(worker: String, includesLost: Bool, limit: Int = .max) -> [Taken] {
        var taken: [Taken] = []
        let lost = includesLost ? doubtful : [:]
        let all = silent.merging(lost, uniquingKeysWith: { $1 }).sorted { $0.key < $1.key }
        for (sequence, used) in all.prefix(limit) {
            silent[sequence] = nil
            doubtful[sequence] = nil
            inDoubt -= self[sequence].quantity
            self[sequence].outcome = .processing
            let attempt = Self.attempt(after: used)
            flights[worker, default: [:]][sequence] = attempt
            fences[sequence] = attempt
            taken.append(Taken(sequence: sequence, attempt: attempt))
        }
        return taken
    }
}
