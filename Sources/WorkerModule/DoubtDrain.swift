import Base
import Domain
import EventLoop
import Store

// DESIGN
// A purchase in doubt belongs to nobody: any worker with the same sink may ask for it again, and does when its service
// answers. Each such call takes a token of the group, as every call does that no grant pays for; so what is taken into
// these hands waits there for a permit of the scheduler, and no more is taken than can be called for soon. The
// moment to look is when the breaker closes or an answer to such a purchase came; behind both stands a slow look that
// becomes rarer for as long as nothing is answered, since each asking is a call to a service that is away. It never
// ends.

/// Takes purchases in doubt back into this worker's hands.
final class DoubtDrain {
    /// What it needs of its worker.
    struct Surroundings {
        /// How many purchases it may have asked for now, an item.
        var atOnce: () -> Int64
        var reference: (ItemName) -> ItemReference
        var taken: ([FlightRecord], ItemIncarnation) -> Void
    }

    private let loop: any Loop
    private let store: any DoubtStore
    private let worker: String
    private let log: any WorkerLog
    private var random: SplitMix64
    private let shortest: TimeSpan
    private var interval: TimeSpan
    private var timer: Token?
    private var isLooking = false
    private var isDue = false
    private var out = 0  // asked for, not ended
    private var answered = false  // one of those
    private(set) var revived: UInt64 = 0
    var surroundings: Surroundings?  // set before the start

    /// - Parameter seed: of the order in which items are looked at.
    init(
        loop: any Loop, store: any DoubtStore, worker: String, every interval: TimeSpan, seed: UInt64,
        log: any WorkerLog
    ) {
        self.loop = loop
        self.store = store
        self.worker = worker
        self.log = log
        random = SplitMix64(seed: seed)
        shortest = interval
        self.interval = interval
    }

    func start() { arm() }

    /// How many are asked for at once, an item; those of a half-open breaker are its probes.
    static func atOnce(_ breaker: BreakerState) -> Int64 {
        switch breaker {
        case .closed: Limits.revived
        case .halfOpen: Limits.revivedProbes
        case .open: 0
        }
    }

    private func arm() {
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(after: interval) { [weak self] in
            guard let self else { return }
            isDue = true
            look()
            arm()
        }
    }

    /// A closing breaker says that the service answers again; one that probes may need something to probe with.
    func breakerChanged(to state: BreakerState) {
        if state == .closed { lookSoon() }
        if state == .halfOpen, isDue { look() }
    }

    private func lookSoon() {
        interval = shortest
        arm()
        look()
    }

    /// One that was asked for again has ended, in doubt or not.
    func ended(inDoubt: Bool) {
        out = max(0, out - 1)
        if !inDoubt { answered = true }
        guard out == 0, answered else { return }
        answered = false
        // After this turn: what ended now is not settled yet, and nothing else may be left.
        loop.schedule(after: .milliseconds(20)) { [weak self] in self?.lookSoon() }
    }

    private func look() {
        guard !isLooking, store.isReady, let surroundings, surroundings.atOnce() > 0 else { return }
        isLooking = true
        isDue = false
        store.itemsInDoubt { [weak self] result in
            guard let self else { return }
            switch result {
            // In any order: what is never answered must not keep the others' turns.
            case .success(let items):
                take(items.shuffled(using: &random), includesLost: false, isConfirming: false)
            case .failure: isLooking = false  // the next look asks again
            }
        }
    }

    /// One came between: the item belongs on the list still.
    private func keepMark(of item: ItemName) {
        store.markDoubts(of: item) { [weak self] result in
            guard case .failure(let failure) = result, failure != .unreachable else { return }
            self?.log.failed("mark of doubts", item: item, failure)
        }
    }

    /// An operator's word: all of one item, also what lost workers left.
    func takeAll(of item: ItemName) { take([item], includesLost: true, isConfirming: false) }

    private func take(_ items: [ItemName], includesLost: Bool, isConfirming: Bool) {
        let atOnce = surroundings?.atOnce() ?? 0
        guard let item = items.first, let surroundings, store.isReady, atOnce > 0, out < Limits.doubtsInHand else {
            isLooking = false
            return
        }
        let reference = surroundings.reference(item)
        store.revive(atOnce, of: reference, worker: worker, includesLost: includesLost) { [weak self] result in
            guard let self else { return }
            var reply: Store.ReviveReply?
            switch result {
            case .success(let answer): reply = answer
            case .failure(.unreachable), .failure(.outcomeUnknown), .failure(.stale): break  // the next look asks again
            case .failure(.unknownItem): store.unmarkDoubts(of: item)
            case .failure(let failure): log.failed("revive", item: item, failure)
            }
            if let reply, !reply.taken.isEmpty {
                if isConfirming { keepMark(of: item) }
                out += reply.taken.count
                revived += UInt64(reply.taken.count)
                interval = min(interval * 2, shortest * 16)
                log.revived(item: item, purchases: reply.taken.count)
                surroundings.taken(reply.taken, ItemIncarnation(item, reply.incarnation))
            } else if let reply, reply.left == 0, !isConfirming, !includesLost {
                // Nothing is there: it comes off the list, and is looked at once more, as one may have come between.
                store.unmarkDoubts(of: item)
                return take(items, includesLost: false, isConfirming: true)
            }
            take(Array(items.dropFirst()), includesLost: includesLost, isConfirming: false)
        }
    }
}
