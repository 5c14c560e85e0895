import Base
import Domain
import Store

// DESIGN
// A purchase goes to whichever worker is free, so one worker without an order sink beside others with one would sell
// without an order. The store therefore belongs to one kind of sink: each worker puts itself on the list with its own
// (`enlist.lua`), again every two seconds, and takes purchases only while by its own clock this was confirmed a
// moment ago: it stops well before the store may forget it and accept workers of another kind. This is the worker's
// part.

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

    private var sentAt: MonotonicInstant?
    private var confirmedAt: MonotonicInstant?
    private(set) var refusal: Refusal?
    /// It was admitted once; later refusals do not end it.
    public private(set) var wasAdmitted = false

    /// Whether purchases may be taken now.
    func isValid(now: MonotonicInstant) -> Bool {
        confirmedAt.map { now - $0 <= Limits.listingFence } ?? false
    }

    /// Whether a request is to be sent, for a worker that checks with every beat.
    func isDue(now: MonotonicInstant) -> Bool {
        guard confirmedAt != nil, let sentAt else { return true }
        return now - sentAt + Limits.heartbeat > Limits.listingRenewal
    }

    mutating func sent(now: MonotonicInstant) { sentAt = now }

    /// The connection is new, and the store may be another one: nothing is taken before it has confirmed.
    mutating func forget() { confirmedAt = nil }

    /// - Parameter sent: when the request was sent; its answer holds from then on.
    mutating func answered(_ answer: Store.Listing, sent: MonotonicInstant) -> Verdict {
        switch answer {
        case .listed:
            confirmedAt = max(confirmedAt ?? sent, sent)
            let isNew = !wasAdmitted || refusal != nil
            wasAdmitted = true
            refusal = nil
            return isNew ? .admitted : .unchanged
        case .refused(let sink, let holds):
            confirmedAt = nil
            let before = refusal
            refusal = Refusal(sink: sink, holds: holds)
            if wasAdmitted { return before == nil ? .refused : .unchanged }
            // A short hold may be that of workers that are gone. Where it grows again, they are alive.
            guard let holds, holds <= Limits.listingHold else { return .hopeless }
            if let before = before?.holds, before < holds { return .hopeless }
            return before == nil ? .refused : .unchanged
        }
    }

    /// The refusal in words for an operator; nil while there is none.
    func reason(own: SinkKind) -> String? {
        refusal.map { "the workers of this store have the sink \($0.sink), and this one has \(own.rawValue)" }
    }
}
