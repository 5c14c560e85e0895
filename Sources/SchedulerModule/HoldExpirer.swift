import Base
import Domain
import EventLoop
import Store

/// Performs what `HoldExpiry` decides: ends the holds of items whose time to pay is over, while this process leads.
final class HoldExpirer {
    private let loop: any Loop
    private let store: any HoldStore
    private let leadership: LeadershipDriver
    private let log: any SchedulerLog
    private let keeper: ClockKeeper
    private var machine = HoldExpiry()
    private var isComparing = false
    private var hasSaved = false  // the clock, in this term
    private var due: [ItemName: WallInstant] = [:]  // when the next hold may end, as the last answer said
    private lazy var timer = OneTimer(loop: loop) { [unowned self] in work() }
    private(set) var expired: UInt64 = 0  // holds
    /// How long after its deadline and the grace each hold ended, in microseconds.
    private(set) var lateness = Histogram()

    /// Holds of an item ended: its name, its incarnation, its new counters.
    var onItem: (ItemName, UInt64, ItemCounters) -> Void = { _, _, _ in }

    init(loop: any Loop, store: any HoldStore, leadership: LeadershipDriver, log: any SchedulerLog) {
        self.loop = loop
        self.store = store
        self.leadership = leadership
        self.log = log
        keeper = ClockKeeper(loop: loop, store: store, log: log)
        keeper.onCompared = { [unowned self] isAgreed in
            if isAgreed { machine.clocksAgree(now: loop.now) }
            if isAgreed || !hasSaved { save() }
            work()
        }
    }

    /// By how much the store's clock parts from the one by which holds end; zero while they end.
    var parted: TimeSpan { keeper.parted }

    // MARK: Events

    /// The process calls this twice a second; the clocks are compared every second time.
    func tend() {
        isComparing.toggle()
        if isComparing { keeper.refresh() } else if machine.hasPayers { save() }
        work()
    }

    /// Before anything ends by it: a leader that comes later must not begin with another clock.
    private func save() {
        guard leadership.mayGrant, store.isReady, keeper.usable != nil else { return }
        keeper.save()
        hasSaved = true
    }

    func storeUp() { keeper.refresh() }

    func begin() {
        machine.begin()
        due = [:]
        hasSaved = false
        keeper.begin()
    }

    func end() {
        machine.end()
        timer.set(nil)
    }

    func received(_ notification: ChangeNotification) {
        machine.itemChanged(
            notification.item, isHeld: notification.counters.mayComeBack > 0,
            isReserved: notification.runs.contains { $0.byte == ResultByte.reserved.rawValue }, now: loop.now)
        setTimer()
    }

    /// - Parameter snapshot: nil where there is no such item.
    func itemRead(_ name: ItemName, _ snapshot: ItemSnapshot?) {
        if let snapshot {
            machine.itemRead(
                name, paysLater: snapshot.settings.payWindow > .zero, isHeld: snapshot.counters.mayComeBack > 0,
                now: loop.now)
        } else {
            machine.itemGone(name)
        }
        setTimer()
    }

    /// - Parameter held: items of which units are held.
    func sweep(held: [ItemName]) {
        machine.sweep(held, now: loop.now)
        setTimer()
    }

    // MARK: Calls

    private func setTimer() { timer.set(leadership.isLeader ? machine.nextCallAt : nil) }

    private func work() {
        guard leadership.mayGrant, store.isReady, let next = machine.nextCallAt else { return timer.set(nil) }
        guard next <= loop.now else { return timer.set(next) }
        // This process may have stood still. It goes on when the clocks were compared.
        guard let clock = keeper.usable else { return keeper.refresh() }
        for name in machine.take(now: loop.now) { call(name, clock) }
        setTimer()
    }

    private func call(_ name: ItemName, _ clock: PayClock) {
        let sent = loop.now
        store.expire(
            ItemReference(ItemKeys(name), incarnation: nil), now: clock.time(at: sent), storeAhead: clock.storeAhead
        ) { [weak self] result in self?.answered(name, result, sent: sent) }
    }

    private func answered(_ name: ItemName, _ result: Result<Store.ExpiryReply, StoreFailure>, sent: MonotonicInstant) {
        switch result {
        case .success(let reply):
            keeper.see(store: reply.storeTime, sent: sent)
            count(reply, of: name)
            let next = reply.next.flatMap { time in keeper.clock.map { $0.moment(behind: time) } }
            machine.answered(
                name, .done(next: next, isMoreLeft: reply.isMoreLeft, hasEnded: reply.ended > 0), now: loop.now)
            onItem(name, reply.incarnation, reply.counters)
        case .failure(.unknownItem), .failure(.stale), .failure(.otherIncarnation):
            machine.answered(name, .gone, now: loop.now)
        case .failure(let failure):
            if !failure.isOfConnection, !failure.isImpairment { log.failed("expire", item: name, failure) }
            machine.answered(name, .failed, now: loop.now)
        }
        work()
    }

    private func count(_ reply: Store.ExpiryReply, of name: ItemName) {
        expired += UInt64(max(0, reply.ended))
        if let due = due[name], let now = keeper.clock?.time(at: loop.now) {
            for _ in 0..<min(reply.ended, Int64(Limits.holdsExpired)) { lateness.record((now - due).wholeMicroseconds) }
        }
        due[name] = reply.next
    }
}

extension StoreFailure {
    /// The loss of the connection is logged once, not for every call.
    fileprivate var isOfConnection: Bool { self == .unreachable || self == .outcomeUnknown }
}
