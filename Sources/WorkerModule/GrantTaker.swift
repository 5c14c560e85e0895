import Base
import Domain
import EventLoop
import Store

/// Takes from the store what was granted: one call an item at a time, at most a batch each.
///
/// A call costs the store as much as ten purchases in it, so what is granted soon after a call waits for the next one:
/// for a fifth of the time of an order, a few milliseconds at most. Under a declared cap grants come in lots as it is.
final class GrantTaker {
    private let loop: any Loop
    private let store: any FlightStore
    private let worker: String
    private let hasSink: Bool
    private let gathers: Bool
    private let items: KnownItems
    private let log: any WorkerLog
    private var book = GrantBook()
    private var quarantine = Quarantine()
    private var orderTime = 0.0  // microseconds, mean of the last few dozen
    private var mayTakeAt: MonotonicInstant?
    private lazy var timer = OneTimer(loop: loop) {}  // its turn is all that is wanted
    private(set) var callsUnderWay = 0
    private(set) var deductions: UInt64 = 0
    private(set) var winners: UInt64 = 0
    private(set) var failures: UInt64 = 0

    /// A call took this; the call was under way for so long.
    var onTaken: (GrantBook.Take, Deduction, TimeSpan) -> Void = { _, _, _ in }
    var onFailed: (GrantBook.Take, StoreFailure) -> Void = { _, _ in }

    init(
        loop: any Loop, store: any FlightStore, worker: String, sink: (any OrderSink)?, items: KnownItems,
        log: any WorkerLog
    ) {
        self.loop = loop
        self.store = store
        self.worker = worker
        hasSink = sink != nil
        gathers = sink.map { $0.group?.capPerSecond == nil } ?? false
        self.items = items
        self.log = log
    }

    var term: Int64 { book.term }
    /// Calls that were permitted beside the grants, cumulative in this term.
    var retryAllowance: Int64 { book.retries }
    /// A purchase that needs a worker of its own is awaited, or held.
    var isQuarantined: Bool { quarantine.isClosed }

    /// The store may count its terms again from a lower one.
    func forgetTerms() { book.forgetTerms() }

    /// - Returns: whether the scheduler knows less than this worker does.
    func add(_ grants: [Grant]) -> Bool {
        for grant in grants { book.grant(grant, now: loop.now) }
        return book.hasChanges
    }

    /// - Returns: how many calls beside the grants may go out now.
    func add(_ grant: RetryGrant) -> Int { Int(book.grant(grant)) }

    /// The lines of the next report; see `GrantBook`.
    func lines(isComplete: Bool) -> [WorkerReport.Line] { book.lines(complete: isComplete) }

    /// An order was in its slot for so long.
    func ordered(in time: TimeSpan) { orderTime += (Double(time.wholeMicroseconds) - orderTime) / 32 }

    /// Sends calls for all that was granted and not taken yet.
    ///
    /// - Parameters:
    ///   - inFlight: purchases that were taken and count against the limit.
    ///   - isIdle: nothing is held but what awaits a retry.
    func take(inFlight: Int64, isIdle: Bool) {
        if let mayTakeAt, loop.now < mayTakeAt { return timer.set(mayTakeAt) }
        let before = deductions
        takeNow(inFlight: inFlight, isIdle: isIdle)
        guard deductions > before, gathers else { return }
        mayTakeAt = loop.now + min(Limits.takeSpan, .microseconds(Int64(orderTime / 5)))
    }

    private func takeNow(inFlight: Int64, isIdle: Bool) {
        switch quarantine.permission(isIdle: isIdle && callsUnderWay == 0) {
        case .nothing: return
        case .all: for take in book.takes(inFlight: inFlight) { deduct(take, isAlone: false) }
        case .only(let item):
            for take in book.takes(only: item, inFlight: inFlight) { deduct(take, isAlone: true) }
        }
    }

    private func deduct(_ take: GrantBook.Take, isAlone: Bool) {
        let sent = loop.now
        callsUnderWay += 1
        deductions += 1
        let reference = items.reference(take.item.name, incarnation: take.item.number)
        let uses = items.uses(of: take.item.name)
        store.deduct(
            take.count, from: reference, worker: worker, hasSink: hasSink, isAlone: isAlone
        ) { [unowned self] result in
            callsUnderWay -= 1
            precondition(callsUnderWay >= 0, "a call was answered twice")
            switch result {
            case .failure(let failure):
                if failure == .unknownItem { items.forget(take.item.name, unlessUsedSince: uses) }
                failed(take, failure)
            case .success(let deduction):
                followQuarantine(deduction, of: take.item, isAlone: isAlone)
                book.taken(take, winners: deduction.winners, stop: deduction.stop, counters: deduction.counters)
                winners += UInt64(deduction.winners)
                onTaken(take, deduction, loop.now - sent)
            }
        }
    }

    private func failed(_ take: GrantBook.Take, _ failure: StoreFailure) {
        failures += 1
        book.lost(take)
        // The scheduler learns of a deleted item, too.
        let isExpected = [.unreachable, .stale, .unknownItem, .otherIncarnation].contains(failure)
        // What the store refuses to all calls is reported once, see `StoreLog`.
        if !isExpected && !failure.isImpairment { log.failed("deduct", item: take.item.name, failure) }
        onFailed(take, failure)
    }

    private func followQuarantine(_ deduction: Deduction, of item: ItemIncarnation, isAlone: Bool) {
        if deduction.stop == .needsIdleWorker {
            quarantine.close(for: item)
        } else if isAlone {
            quarantine.taken(hasSuspects: deduction.areSuspects)
        }
    }
}
