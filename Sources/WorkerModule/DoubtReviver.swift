import Base
import Domain
import EventLoop
import Store

// DESIGN
// A purchase in doubt belongs to no worker: any worker with the same sink may call for it again, and does when its
// service answers. Each such call takes a token of the group, as every call does that no grant pays for; so what is
// taken here awaits a permit of the scheduler, and no more is taken than can be called for soon. A pass over the items
// begins when the breaker closes, or when the service answered such a purchase. Besides, a timer begins one, and its
// interval doubles for as long as nothing is answered, since each call goes to a service that is away. It never ends.

/// Takes purchases in doubt back into this worker's hands.
final class DoubtReviver {
    /// What it needs of its worker.
    struct Surroundings {
        /// How many purchases may be taken now, an item.
        let mostAtOnce: () -> Int64
        let reference: (ItemName) -> ItemReference
        let onTaken: ([FlightRecord], ItemIncarnation) -> Void
    }

    private let loop: any Loop
    private let store: any DoubtStore
    private let worker: String
    private let log: any WorkerLog
    private var random: SplitMix64
    private let shortest: TimeSpan
    private var interval: TimeSpan
    private var timer: Token?
    private var isPassing = false
    private var isDue = false
    private var inHand = 0  // taken, and not ended
    private var hasAnswer = false  // for one of those
    private(set) var revived: UInt64 = 0
    private var surroundings: Surroundings?

    /// - Parameter seed: of the order in which items are read.
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

    func start(in surroundings: Surroundings) {
        self.surroundings = surroundings
        schedulePass()
    }

    /// How many are taken at once, an item; those of a half-open breaker are its probes.
    static func mostAtOnce(_ breaker: BreakerState) -> Int64 {
        switch breaker {
        case .closed: Limits.revived
        case .halfOpen: Limits.revivedProbes
        case .open: 0
        }
    }

    private func schedulePass() {
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(after: interval) { [weak self] in
            guard let self else { return }
            isDue = true
            beginPass()
            schedulePass()
        }
    }

    /// A closing breaker means that the service answers again; one that probes may need something to probe with.
    func breakerChanged(to state: BreakerState) {
        if state == .closed { beginPassEarly() }
        if state == .halfOpen, isDue { beginPass() }
    }

    private func beginPassEarly() {
        interval = shortest
        schedulePass()
        beginPass()
    }

    /// One that was taken here has ended, in doubt or not.
    func ended(inDoubt: Bool) {
        assert(inHand > 0, "a purchase ended twice")
        inHand = max(0, inHand - 1)
        if !inDoubt { hasAnswer = true }
        guard inHand == 0, hasAnswer else { return }
        hasAnswer = false
        // After this turn: what ended now is not settled yet, and may be all that is left.
        loop.schedule(after: .milliseconds(20)) { [weak self] in self?.beginPassEarly() }
    }

    private func beginPass() {
        guard !isPassing, store.isReady, let surroundings, surroundings.mostAtOnce() > 0 else { return }
        isPassing = true
        isDue = false
        store.itemsInDoubt { [weak self] result in
            guard let self else { return }
            switch result {
            // In any order: an item that is never answered must not take the others' turns.
            case .success(let items):
                take(items.shuffled(using: &random), includesLost: false, isConfirming: false)
            case .failure: isPassing = false  // the next pass reads them
            }
        }
    }

    /// A purchase came between: the item still belongs on the list.
    private func keepMark(of item: ItemName) {
        store.markDoubts(of: item) { [weak self] result in
            guard case .failure(let failure) = result, failure != .unreachable else { return }
            self?.log.failed("mark of doubts", item: item, failure)
        }
    }

    /// An operator wants all of one item, also what lost workers left.
    func takeAll(of item: ItemName) { take([item], includesLost: true, isConfirming: false) }

    private func take(_ items: [ItemName], includesLost: Bool, isConfirming: Bool) {
        let most = surroundings?.mostAtOnce() ?? 0
        guard let item = items.first, let surroundings, store.isReady, most > 0, inHand < Limits.doubtsInHand else {
            isPassing = false
            return
        }
        let reference = surroundings.reference(item)
        store.revive(most, of: reference, worker: worker, includesLost: includesLost) { [weak self] result in
            guard let self else { return }
            var reply: Store.ReviveReply?
            switch result {
            case .success(let answer): reply = answer
            case .failure(.unreachable), .failure(.outcomeUnknown), .failure(.stale): break  // see the next pass
            case .failure(.unknownItem): store.unmarkDoubts(of: item)
            case .failure(let failure): log.failed("revive", item: item, failure)
            }
            if let reply, !reply.taken.isEmpty {
                if isConfirming { keepMark(of: item) }
                inHand += reply.taken.count
                revived += UInt64(reply.taken.count)
                interval = min(interval * 2, shortest * 16)
                log.revived(item: item, purchases: reply.taken.count)
                surroundings.onTaken(reply.taken, ItemIncarnation(item, reply.incarnation))
            } else if let reply, reply.left == 0, !isConfirming, !includesLost {
                // None is left: the item comes off the list, and is read once more, as one may have come between.
                store.unmarkDoubts(of: item)
                return take(items, includesLost: false, isConfirming: true)
            }
            take(Array(items.dropFirst()), includesLost: includesLost, isConfirming: false)
        }
    }
}
