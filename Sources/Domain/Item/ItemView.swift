public import Base

// DESIGN
// A queue process answers polls of waiting tickets, refusals after the end and item views from memory. It has one
// `ItemView` for each item: a snapshot that was read from the store, kept up to date by the change notifications of the
// scripts. Notifications are numbered, so a lost one is noticed and the item is read again. Admissions are not
// announced one by one (that would cost a message for each batch): `version` orders what comes over the two
// connections, and a ticket above the known tail only shows that this memory is outdated. A read may overtake the
// notifications before it. Its counters are then newer than the results here, so a watermark is believed only as far as
// notifications have announced it: else a winner whose result byte is still to come would be answered "sold out".

/// One item as a process remembers it, and what may be answered from that memory. Loop-confined.
///
/// A class, since it is half a kilobyte that is read in place: a structure, even one that can't be copied, is copied to
/// the stack by each call of a method.
public final class ItemView {
    public let name: ItemName
    public private(set) var snapshot: ItemSnapshot
    /// When `snapshot` was read.
    public private(set) var readAt: MonotonicInstant
    /// False from a change of settings or a lost message until the item has been read again.
    private var knowsSettings = true
    /// True from an interruption until the item has been read again.
    private var wasInterrupted = false
    /// False where the item must be read again.
    public var isCurrent: Bool { knowsSettings && !wasInterrupted }
    /// Whether the store may keep orders, or reasons of refusals, for results that are remembered here.
    public var mayHaveOrders: Bool { settings.hasOrders || !knowsSettings }
    /// False while messages can't be followed.
    private var isFollowed: Bool
    /// After a lost message: only a read that saw this message, or a later one, closes the gap.
    private var gapEnds: Int64?
    /// Number of the last notification whose results are in `results`.
    private var lastNotification: Int64
    /// The counter `endedAt` as of that notification: a sequence up to it without a byte is sold out.
    private var watermark: Int64
    private var results = ResultBlocks()
    private var holders = HolderIndex()
    /// The state of the item when the last of the holders was read; nil before.
    private var holdersRead: HoldersRead?
    private var rate = DrainRate()
    /// What a store that was restarted must have kept of the item.
    public private(set) var acknowledgedStates = AcknowledgedStates()
    private var standing: Standing

    public init(name: ItemName, snapshot: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        self.name = name
        self.snapshot = snapshot
        self.isFollowed = isFollowed
        (readAt, lastNotification, watermark) = (now, snapshot.counters.notification, snapshot.counters.endedAt)
        standing = Standing(snapshot)
        begin(with: snapshot, isFollowed: isFollowed, now: now)
    }

    /// The first read of an item, or of another one that took its name: nothing else is known of it.
    private func begin(with fresh: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        snapshot = fresh
        self.isFollowed = isFollowed
        (readAt, lastNotification, watermark) = (now, fresh.counters.notification, fresh.counters.endedAt)
        (standing, acknowledgedStates) = (Standing(fresh), AcknowledgedStates())
        acknowledge(fresh, isFollowed: isFollowed)
        if isFollowed { results.restart(tail: fresh.counters.tail) }
        rate.observe(head: places(to: fresh.counters.head), now: now)
    }

    private func acknowledge(_ fresh: ItemSnapshot, isFollowed: Bool) {
        acknowledgedStates.read(
            life: fresh.life, version: fresh.counters.version, tail: fresh.counters.tail,
            notification: fresh.counters.notification, isFollowed: isFollowed)
    }

    /// The store has checked an acknowledged state.
    public func delivered(_ acknowledged: AcknowledgedState) { acknowledgedStates.delivered(acknowledged) }
    /// What the store has checked before its restart, it must check again.
    public func storeRestarted() { acknowledgedStates.storeRestarted() }

    public var counters: ItemCounters { snapshot.counters }
    public var settings: ItemSettings { snapshot.settings }
    /// The last sequence taken, as far as it is known; the reply of an admission may be newer than the other counters.
    var head: Int64 { max(counters.head, standing.head) }

    public func drainPerSecond(now: MonotonicInstant) -> Double? { rate.perSecond(now: now) }

    /// How the queue moves; nil while it is paused or on hold, and where that is not known.
    public func pace(now: MonotonicInstant) -> DrainRate.Pace? {
        settings.isPaused || settings.isHolding || settings.isFrozen ? nil : rate.pace(now: now)
    }

    // MARK: Events

    /// The item was read, while messages were followed or not. A read that is older than what is known changes nothing.
    public func apply(_ fresh: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        guard fresh.incarnation == snapshot.incarnation else {
            (knowsSettings, wasInterrupted) = (true, false)
            (gapEnds, results, rate) = (nil, ResultBlocks(), DrainRate())
            (holders, holdersRead) = (HolderIndex(), nil)
            begin(with: fresh, isFollowed: isFollowed, now: now)
            return
        }
        acknowledge(fresh, isFollowed: isFollowed)
        let isRestarted = fresh.life != snapshot.life || fresh.boot != snapshot.boot
        if isFollowed { restart(with: fresh.counters, isRestarted: isRestarted) }
        self.isFollowed = isFollowed
        if !isFollowed { results.interrupt() }
        if isRestarted { standing = Standing(fresh) } else { note(fresh.counters, largest: fresh.settings.largest) }
        if fresh.counters.version < snapshot.counters.version && !isRestarted { return }
        if fresh.settings != snapshot.settings { holdersRead = nil }
        if isRestarted { (holders, holdersRead) = (HolderIndex(), nil) }
        snapshot = fresh
        readAt = now
        (knowsSettings, wasInterrupted) = (true, false)
        rate.observe(head: places(to: fresh.counters.head), now: now)
    }

    /// Follows results from this read on, where they were not followed or where the read knows all that was lost.
    private func restart(with counters: ItemCounters, isRestarted: Bool) {
        let healsGap = gapEnds.map { isRestarted || counters.notification >= $0 } ?? false
        guard !isFollowed || healsGap || isRestarted else { return }
        results.restart(tail: isRestarted ? counters.tail : max(counters.tail, snapshot.counters.tail))
        lastNotification = isRestarted ? counters.notification : max(lastNotification, counters.notification)
        watermark = isRestarted ? counters.endedAt : max(watermark, counters.endedAt)
        gapEnds = nil
    }

    /// A notification of the item came. Afterwards `isCurrent` is false where the item must be read again.
    public func apply(_ notification: ChangeNotification, now: MonotonicInstant) {
        guard notification.incarnation == snapshot.incarnation else {
            knowsSettings = false
            return
        }
        acknowledgedStates.received(notification.counters, changesSettings: notification.changesSettings)
        for run in notification.runs { results.decide(first: run.first, count: run.count, byte: run.byte) }
        guard notification.counters.notification > lastNotification else {
            // A store that lost its last seconds counts on from less: only a read shows whether it did.
            if notification.changesSettings { knowsSettings = false }
            return
        }
        if isFollowed && notification.counters.notification > lastNotification + 1 {
            knowsSettings = false
            gapEnds = notification.counters.notification
            holdersRead = nil
            results.interrupt()
        }
        lastNotification = notification.counters.notification
        watermark = max(watermark, notification.counters.endedAt)
        guard notification.counters.notification > snapshot.counters.notification else { return }  // a read overtook it
        if notification.changesSettings {
            knowsSettings = false
            holdersRead = nil
        }
        let known = snapshot.counters
        snapshot.counters = notification.counters
        // Only admissions came between, and an admission changes nothing but these two.
        snapshot.counters.version = max(known.version, notification.counters.version)
        snapshot.counters.tail = max(known.tail, notification.counters.tail)
        // A purchase that raises the largest quantity is announced as a change of settings: else it is as it was.
        note(notification.counters, isCounted: isCurrent && isTrusted)
        // Sequences that were left out may be what moved the head: the read that follows knows them.
        if !notification.changesSettings { rate.observe(head: places(to: head), now: now) }
    }

    private func note(_ counters: ItemCounters, largest: Int64? = nil, isCounted: Bool = true) {
        standing.moved(version: counters.version, head: counters.head, free: counters.free)
        if isCounted { standing.counted(upTo: counters.tail, largest: largest) }
    }

    /// The reply of an admission has some of the counters. It does not have the others, so those that belong together
    /// stay as they were.
    ///
    /// - Parameter boot: run id of the store that answered.
    public func applyAdmission(
        version: Int64, head: Int64, tail: Int64, free: Int64, largest: Int64, boot: String, now: MonotonicInstant
    ) {
        // An item that was read before it was reopened is in another life now.
        if boot == snapshot.boot { acknowledgedStates.replied(version: version, tail: tail) }
        standing.counted(upTo: tail, largest: largest)
        standing.moved(version: version, head: head, free: free)
        guard version > snapshot.counters.version else { return }
        snapshot.counters.version = version
        snapshot.counters.tail = max(tail, snapshot.counters.tail)
        rate.observe(head: places(to: self.head), now: now)
    }

    /// Messages are followed no more: the connection is lost.
    public func interrupt() {
        acknowledgedStates.interrupt()
        isFollowed = false
        wasInterrupted = true
        gapEnds = nil
        holdersRead = nil
        results.interrupt()
    }

    /// The settings are outdated, for example because the store answered for another incarnation or boot. Another life
    /// may have begun.
    public func expire() {
        knowsSettings = false
        acknowledgedStates.doubt(at: 0)
    }

    /// A buyer left or paid, by the reply of the store, which may come before its notification does.
    public func decided(_ sequence: Int64, as byte: ResultByte, incarnation: UInt64) {
        guard incarnation == snapshot.incarnation else { return }
        results.decide(first: sequence, count: 1, byte: byte.rawValue)
    }

    /// Until when a reserved purchase must be paid was read.
    public func read(deadline: WallInstant, of sequence: Int64, now: MonotonicInstant) {
        if isTrusted { results.read(deadline: deadline, of: sequence, now: now) }
    }
    public var deadlines: HoldDeadlines { results.deadlines }

    /// A block of results was read.
    ///
    /// - Parameter wasFollowed: whether messages were followed from before the read until now; a result that was
    ///   announced meanwhile may be missing else.
    public func fill(block index: Int, with bytes: [UInt8], wasFollowed: Bool = true) {
        let isCurrent = isTrusted && wasFollowed
        if !isCurrent { knowsSettings = false }  // the first order may have been noted meanwhile
        results.fill(block: index, with: bytes, isCurrent: isCurrent)
    }

    /// A slice of the holders was read; `isLast` where the store had no more.
    public func appendHolders(_ slice: [UInt8], isLast: Bool, now: MonotonicInstant) {
        holders.append(slice)
        guard isLast, isCurrent, isFollowed, let refusal = refusal(now: now) else { return }
        holdersRead = HoldersRead(tail: counters.tail, refusal: refusal)
    }

    /// Purchases whose holders were read; the next read begins behind them.
    public var holdersKnown: Int { holders.count }

    // MARK: Answers

    /// The holders that were read are complete as long as no purchase is admitted: until the tail moves, or until
    /// another reason to refuse applies, since the item may have been open in between.
    private struct HoldersRead: Sendable, Equatable {
        var tail: Int64
        var refusal: Refusal
    }

    /// Whether a purchase of the user with this holder tag may be refused without a call to the store.
    ///
    /// Only users who can't hold a ticket are refused here. Near an opening or a closing the store's own clock decides.
    public func gate(tag: UInt32, now: MonotonicInstant) -> Gate {
        guard isCurrent, isFollowed, !settings.isFrozen else { return .admit }
        guard let refusal = refusal(now: now) else { return .admit }
        if counters.tail == 0 { return .refuse(refusal) }
        guard holdersRead == HoldersRead(tail: counters.tail, refusal: refusal) else { return .admitAndReadHolders }
        return holders.mayContain(tag) ? .admit : .refuse(refusal)
    }

    /// From settings and counters alone: passing the whole snapshot would copy it, with a reference to each of its
    /// texts.
    private func refusal(now: MonotonicInstant) -> Refusal? {
        Refusal(settings, hasEnded: counters.hasEnded, at: storeTime(now: now))
    }

    /// Where a ticket of this item stands.
    ///
    /// - Parameter isFresh: whether the item was read after the request came.
    public func locate(_ sequence: Int64, isFresh: Bool = false) -> Place {
        if sequence > counters.tail { return isFresh ? .beyondTail : .needsSnapshot }
        if snapshot.skipped.contains(sequence) { return .decided(.lost) }
        let block = ResultBlocks.blockIndex(of: sequence)
        guard let byte = results.byte(of: sequence) else { return .needsBlock(block) }
        if byte != .undecided { return .decided(byte) }
        if sequence <= watermark { return .soldOut }
        // Taken or ended, and the notification that says which has not come yet.
        if sequence <= max(head, counters.endedAt) { return .needsBlock(block) }
        return queued(sequence)
    }

    /// Where a ticket stands once its block has been read and filled in: the reading rule.
    ///
    /// - Parameter endedAt: the counter as it was known when that read began. A byte that is older than a watermark
    ///   must not be judged by it: the purchase may have won in between. Then another read is needed (`needsBlock`).
    public func place(of sequence: Int64, blockReadAfter endedAt: Int64) -> Place {
        let byte = snapshot.skipped.contains(sequence) ? .lost : results.lastKnownByte(of: sequence)
        if byte != .undecided { return .decided(byte) }
        if sequence <= endedAt { return .soldOut }
        if sequence <= counters.endedAt { return .needsBlock(ResultBlocks.blockIndex(of: sequence)) }
        return queued(sequence)
    }

    /// The place of a purchase that was just admitted, or that is not decided.
    public func queued(_ sequence: Int64) -> Place { .queued(position: position(of: sequence)) }

    /// Whether messages were followed without a gap, so that remembered results are those of the store.
    public var isTrusted: Bool { isFollowed && gapEnds == nil }

    /// The chance of a waiting purchase; see `Standing` for what is certain.
    public func verdict(_ sequence: Int64, ahead: Int64, quantity: Int64) -> Verdict {
        if standing.isSure(of: quantity, sequence: sequence, skipped: snapshot.skipped) { return .certain }
        let units = counters.free + counters.mayComeBack
        return ahead >= units || quantity > units ? .noChance : .possible
    }
}
