import Base
import Domain
import EventLoop
import Store

/// Keeps the clock by which holds end: reads the store's, compares the two all the time, also while another process
/// leads, and saves it for the next leader.
final class ClockKeeper {
    private let loop: any Loop
    private let store: any HoldStore
    private let log: any SchedulerLog
    private(set) var clock: PayClock?
    private var isReading = false  // what the last leader saved
    private var isComparing = false
    private var mustTakeOver = false

    /// The clock was compared, and may be used again; with whether what could not end is to be tried at once.
    var onCompared: (_ isAgreed: Bool) -> Void = { _ in }

    init(loop: any Loop, store: any HoldStore, log: any SchedulerLog) {
        self.loop = loop
        self.store = store
        self.log = log
    }

    /// Nil where it must not be used before it is compared: see `refresh`.
    var usable: PayClock? {
        guard !mustTakeOver, let clock, clock.isFresh(at: loop.now) else { return nil }
        return clock
    }

    /// By how much the store's clock parts from this one; zero while no hold is kept by that.
    var parted: TimeSpan { clock.map { $0.isParted ? $0.apart : .zero } ?? .zero }

    /// A term of this process begins.
    func begin() {
        mustTakeOver = true
        refresh()
    }

    /// Compares the clocks. The process calls this twice a second.
    func refresh() {
        guard store.isReady else { return }
        guard clock != nil, !mustTakeOver else { return readSaved() }
        compare(saved: nil)
    }

    func save() {
        guard let clock = usable else { return }
        store.save(LeaderClock(now: clock.time(at: loop.now), machine: loop.wallNow, storeAhead: clock.storeAhead))
    }

    private func readSaved() {
        guard !isReading else { return }
        isReading = true
        store.leaderClock { [weak self] result in
            guard let self else { return }
            isReading = false
            guard case .success(let saved) = result else { return }  // unheard: it is read again in half a second
            if clock != nil { takeOver(saved) }
            compare(saved: saved)
        }
    }

    private func takeOver(_ saved: LeaderClock?) {
        mustTakeOver = false
        guard let saved, let back = clock?.takeOver(from: saved, machine: loop.wallNow, now: loop.now),
            back > Limits.clocksSteady
        else { return }
        log.clockWentBack(by: back)
    }

    private func compare(saved: LeaderClock?) {
        guard !isComparing else { return }
        isComparing = true
        let sent = loop.now
        store.clock { [weak self] result in
            guard let self else { return }
            isComparing = false
            guard case .success(let time) = result else { return }  // unheard: they are compared again in half a second
            if clock == nil {
                clock = PayClock(store: time, machine: loop.wallNow, saved: saved, now: loop.now)
                mustTakeOver = false
            }
            see(store: time, sent: sent)
        }
    }

    /// The store showed its clock in the answer to a call.
    func see(store time: WallInstant, sent: MonotonicInstant) {
        let change = clock?.see(store: time, sent: sent, now: loop.now)
        switch change {
        case nil: break
        case .parted(let span): log.clocksParted(by: span)
        case .agreed: log.clocksAgree()
        case .believed(let ahead, let back):
            log.clockBelieved(storeAhead: ahead)
            if back > .zero { log.clockWentBack(by: back) }
        case .jumped(let back): log.clockWentBack(by: back)
        }
        onCompared(change != nil && clock?.isParted == false)
    }
}
