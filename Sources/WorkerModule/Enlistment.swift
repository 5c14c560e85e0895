import Base
import Domain
import Store

// DESIGN
// A purchase goes to whichever worker is free, so one worker without an order sink beside others with one would sell
// without an order. The store therefore belongs to one kind of sink: each worker puts itself on the list with its own
// (`enlist.lua`), again every two seconds, and takes purchases only for as long as that was confirmed a moment ago by
// its own clock: well before the store may forget it and take workers of another kind. This is the worker's half of it.

/// Whether this worker may take purchases: it stands on the list, and its sink is that of all workers.
public struct Enlistment {
    enum Verdict: Equatable {
        /// For the first time, or again after a refusal.
        case admitted
        case unchanged
        /// It takes nothing more until it is admitted again.
        case refused
        /// At the start: others with another sink are at work, and this worker has to end.
        case hopeless
    }

    struct Refusal: Equatable {
        var sink: String  // of the others
        var holds: TimeSpan?  // nil: for ever
    }

    private var askedAt: MonotonicInstant?
    private var confirmedAt: MonotonicInstant?
    private(set) var refusal: Refusal?
    /// It was admitted once; later refusals do not end it.
    public private(set) var wasAdmitted = false

    /// Whether purchases may be taken now.
    func isValid(now: MonotonicInstant) -> Bool {
        confirmedAt.map { now - $0 <= Limits.listingFence } ?? false
    }

    /// Whether the store is to be asked, of a worker that looks with every beat.
    func isDue(now: MonotonicInstant) -> Bool {
        guard confirmedAt != nil, let askedAt else { return true }
        return now - askedAt + Limits.heartbeat > Limits.listingRenewal
    }

    mutating func asked(now: MonotonicInstant) { askedAt = now }

    /// The connection is new, and the store may be another one: nothing is taken before it has confirmed.
    mutating func forget() { confirmedAt = nil }

    /// - Parameter asked: when the question went out; its answer holds from then on.
    mutating func answered(_ answer: Store.Listing, asked: MonotonicInstant) -> Verdict {
        switch answer {
        case .listed:
            confirmedAt = max(confirmedAt ?? asked, asked)
            let isNew = !wasAdmitted || refusal != nil
            wasAdmitted = true
            refusal = nil
            return isNew ? .admitted : .unchanged
        case .refused(let sink, let holds):
            confirmedAt = nil
            let before = refusal
            refusal = Refusal(sink: sink, holds: holds)
            if wasAdmitted { return before == nil ? .refused : .unchanged }
            // A short hold may be that of workers that are gone. When it grows again, they are not.
            guard let holds, holds <= Limits.listingHold else { return .hopeless }
            if let before = before?.holds, before < holds { return .hopeless }
            return before == nil ? .refused : .unchanged
        }
    }

    /// In words of an operator; nil while there is nothing to say.
    func reason(own: SinkKind) -> String? {
        refusal.map { "the workers of this store have the sink \($0.sink), and this one has \(own.rawValue)" }
    }
}
