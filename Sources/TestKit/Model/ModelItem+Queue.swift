import Domain
public import Store

// How purchases come in and leave.
extension ModelItem {
    public typealias Answer = Admission.Outcome

    /// Takes one purchase into the line.
    ///
    /// - Returns: the answer, and the purchase to tell of: the new one, the repeated one, or the holder of the place.
    public mutating func admit(user: String, key: UInt64, quantity: Int64) -> (Answer, Purchase?) {
        let own = purchases(of: user).filter { !$0.isForgotten }
        if let same = own.last(where: { $0.key == key }), key != 0 || same.outcome != .cancelled {
            return (same.quantity == quantity ? .replayed : .mismatch, same)
        }
        let counting = own.filter(\.outcome.counts)
        let units = counting.reduce(quantity) { $0 + $1.quantity }
        let isOver =
            settings.perUserLimit > 0 && counting.count >= settings.perUserLimit
            || settings.perUserUnits > 0 && units > settings.perUserUnits
        let ended = own.first { !$0.outcome.counts }
        let isFull = own.count >= Limits.purchasesPerUser
        if isOver || isFull && ended == nil { return (.limitReached, counting.first) }
        if let refusal { return (refusal, nil) }
        if isFull, let ended { self[ended.sequence].isForgotten = true }
        let purchase = Purchase(sequence: tail + 1, user: user, key: key, quantity: quantity)
        append(purchase)
        line.append(purchase.sequence)
        return (.admitted, purchase)
    }

    private var refusal: Answer? {
        if settings.isFrozen { return .frozen }
        if settings.isClosed { return .closed }
        if settings.isScheduled { return .notOpen }
        if hasEnded { return .soldOut }
        if settings.isPaused { return .paused }
        return line.count >= settings.queueLimit ? .queueFull : nil
    }

    /// A buyer leaves.
    public mutating func cancel(_ sequence: Int64) -> Store.Cancellation {
        guard has(sequence) else { return sequence > tail ? .unknown : .alreadyFinal }
        switch self[sequence].outcome {
        case .cancelled: return .cancelled
        case .skipped: return .unknown
        case .processing, .inDoubt: return .inProgress
        case .sold, .rejected, .insufficientStock, .soldOut: return .alreadyFinal
        case .waiting:
            self[sequence].outcome = .cancelled
            line.removeAll { $0 == sequence }
            return .cancelled
        }
    }
}
