public import Base

// DESIGN
// A queue process answers polls of waiting tickets, refusals after the end and item views from memory. What it has in
// memory is one `ItemView` an item: a snapshot read from the store, kept current by the messages that the scripts send.
// Messages are numbered, so a lost one is noticed and the item is read afresh. Admissions are not announced one by one
// (that would cost a message a batch): `version` orders what comes over the two connections, and a ticket
// above the known tail only says that this memory is behind. A read may overtake the messages before it. Counters then
// run ahead of the results, so a watermark is believed only as far as the messages have told it: else a winner, whose
// byte is still on the way, would be told "sold out".

/// One item as a process remembers it, and what may be said from that memory. Loop-confined.
///
/// A class, since it is half a kilobyte that is looked at in place: of a structure, even one that can't be copied, each
/// question makes a copy on the stack.
public final class ItemView {
    public let name: ItemName
    public private(set) var snapshot: ItemSnapshot
    /// When `snapshot` was read or last confirmed by a message.
    public private(set) var readAt: MonotonicInstant
    /// False from a change of settings or a lost message until the item has been read afresh.
    private var knowsSettings = true
    /// True from an interruption until then.
    private var wasInterrupted = false
    /// Whether the item need not be read afresh.
    public var isCurrent: Bool { knowsSettings && !wasInterrupted }
    /// Whether results that are remembered may have come with orders, or reasons of refusals, that the store keeps.
    public var mayHaveOrders: Bool { settings.hasOrders || !knowsSettings }
    /// False while messages can't be followed.
    private var isFollowed: Bool
    /// After a lost message: only a read that saw this message, or a later one, heals the memory.
    private var gapEnds: Int64?
    /// The results hold what all messages up to this one said.
    private var heard: Int64
    /// The counter `endedAt` as of `heard`: up to here, what has no byte is sold out.
    private var watermark: Int64
    private var results = ResultBlocks()
    private var holders = HolderIndex()
    /// What was true when the last of the holders was read; nil before.
    private var holdersRead: HoldersRead?
    private var rate = DrainRate()
    /// What may be said of the item's lives to a store that was restarted.
    public private(set) var acknowledgedStates = AcknowledgedStates()
    private var standing: Standing

    public init(name: ItemName, snapshot: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        self.name = name
        self.snapshot = snapshot
        self.isFollowed = isFollowed
        (readAt, heard, watermark) = (now, snapshot.counters.notification, snapshot.counters.endedAt)
        standing = Standing(snapshot)
        begin(with: snapshot, isFollowed: isFollowed, now: now)
    }

    /// The first read of an item, or of the one that took its name: nothing else is known of it.
    private func begin(with fresh: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        snapshot = fresh
        self.isFollowed = isFollowed
        (readAt, heard, watermark) = (now, fresh.counters.notification, fresh.counters.endedAt)
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

    /// The store has heard an acknowledged state.
    public func delivered(_ acknowledged: AcknowledgedState) { acknowledgedStates.delivered(acknowledged) }

    public var counters: ItemCounters { snapshot.counters }
    public var settings: ItemSettings { snapshot.settings }
    /// The last sequence taken, as far as it is known; an admission's reply may know more than the other counters.
    var head: Int64 { max(counters.head, standing.head) }

    public func drainPerSecond(now: MonotonicInstant) -> Double? { rate.perSecond(now: now) }

    /// How the queue moves; nil while it is paused or on hold, and when nobody can say.
    public func pace(now: MonotonicInstant) -> DrainRate.Pace? {
        settings.isPaused || settings.isHolding || settings.isFrozen ? nil : rate.pace(now: now)
    }

    // MARK: Events

    /// The item was read afresh while messages were followed (or not). An older read than what is known changes
    /// nothing.
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

    /// Results are followed from here on, if they were not, or if this read knows all that was lost.
    private func restart(with counters: ItemCounters, isRestarted: Bool) {
        let healsGap = gapEnds.map { isRestarted || counters.notification >= $0 } ?? false
        guard !isFollowed || healsGap || isRestarted else { return }
        results.restart(tail: isRestarted ? counters.tail : max(counters.tail, snapshot.counters.tail))
        heard = isRestarted ? counters.notification : max(heard, counters.notification)
        watermark = isRestarted ? counters.endedAt : max(watermark, counters.endedAt)
        gapEnds = nil
    }

    /// A message of the item came. Afterwards `isCurrent` is false when the item must be read afresh.
    public func apply(_ notification: ChangeNotification, now: MonotonicInstant) {
        guard notification.incarnation == snapshot.incarnation else {
            knowsSettings = false
            return
        }
        acknowledgedStates.received(notification.counters, changesSettings: notification.changesSettings)
        for run in notification.runs { results.decide(first: run.first, count: run.count, byte: run.byte) }
        guard notification.counters.notification > heard else {
            // A store that lost its last seconds counts them again: only a read can tell.
            if notification.changesSettings { knowsSettings = false }
            return
        }
        if isFollowed && notification.counters.notification > heard + 1 {
            knowsSettings = false
            gapEnds = notification.counters.notification
            holdersRead = nil
            results.interrupt()
        }
        heard = notification.counters.notification
        watermark = max(watermark, notification.counters.endedAt)
        guard notification.counters.notification > snapshot.counters.notification else { return }  // a read overtook it
        if notification.changesSettings {
            knowsSettings = false
            holdersRead = nil
        }
        let known = snapshot.counters
        snapshot.counters = notification.counters
        // Only admissions came between, and an admission moves nothing but these.
        snapshot.counters.version = max(known.version, notification.counters.version)
        snapshot.counters.tail = max(known.tail, notification.counters.tail)
        // Who raises the largest quantity changes settings: without such a message it is what it was.
        note(notification.counters, isCounted: isCurrent && isTrusted)
        // What was left out, if that is what moved the head, is known by the read that follows.
        if !notification.changesSettings { rate.observe(head: places(to: head), now: now) }
    }

    private func note(_ counters: ItemCounters, largest: Int64? = nil, isCounted: Bool = true) {
        standing.moved(version: counters.version, head: counters.head, free: counters.free)
        if isCounted { standing.counted(upTo: counters.tail, largest: largest) }
    }

    /// What an admission's reply said besides its answers. It says nothing of the other counters, so those that belong
    /// together stay as they were.
    ///
    /// - Parameter boot: run id of the store that answered.
    public func applyAdmission(
        version: Int64, head: Int64, tail: Int64, free: Int64, largest: Int64, boot: String, now: MonotonicInstant
    ) {
        // An item that was read before it was reopened is in another life by now.
        if boot == snapshot.boot { acknowledgedStates.replied(version: version, tail: tail) }
        standing.counted(upTo: tail, largest: largest)
        standing.moved(version: version, head: head, free: free)
        guard version > snapshot.counters.version else { return }
        snapshot.counters.version = version
        snapshot.counters.tail = max(tail, snapshot.counters.tail)
        rate.observe(head: places(to: self.head), now: now)
    }

    /// Messages can't be followed any more: the connection is gone.
    public func interrupt() {
        acknowledgedStates.interrupt()
        isFollowed = false
        wasInterrupted = true
        gapEnds = nil
        holdersRead = nil
        results.interrupt()
    }

    /// The settings are known to be old, for example because the store answered for another incarnation or boot; maybe
    /// another life has begun.
    public func expire() {
        knowsSettings = false
        acknowledgedStates.doubt(at: 0)
    }

    /// A buyer left the queue, by the store's own answer, which may come before its message does.
    public func cancelled(_ sequence: Int64, incarnation: UInt64) {
        guard incarnation == snapshot.incarnation else { return }
        results.decide(first: sequence, count: 1, byte: ResultByte.cancelled.rawValue)
    }

    /// A block of results was read.
    ///
    /// - Parameter wasFollowed: whether messages were followed from before the read until now; what was said while
    ///   nobody listened must not pass for known.
    public func fill(block index: Int, with bytes: [UInt8], wasFollowed: Bool = true) {
        let isCurrent = isTrusted && wasFollowed
        if !isCurrent { knowsSettings = false }  // the first order may have been noted meanwhile
        results.fill(block: index, with: bytes, isCurrent: isCurrent)
    }

    /// A slice of the holders was read; `isLast` when the store had no more.
    public func appendHolders(_ slice: [UInt8], isLast: Bool, now: MonotonicInstant) {
        holders.append(slice)
        guard isLast, isCurrent, isFollowed, let refusal = refusal(now: now) else { return }
        holdersRead = HoldersRead(tail: counters.tail, refusal: refusal)
    }

    /// Purchases whose holders were read; the next read of them begins here.
    public var holdersKnown: Int { holders.count }

    // MARK: Questions

    /// The holders that were read are all there are while nobody is admitted: until the tail moves, or until another
    /// reason to refuse applies, since the item may have been open in between.
    private struct HoldersRead: Sendable, Equatable {
        var tail: Int64
        var refusal: Refusal
    }

    /// Whether a purchase of the user with this holder tag may be refused without asking the store.
    ///
    /// Only who can't hold a ticket is refused here; near an opening or closing the store's own clock decides.
    public func gate(tag: UInt32, now: MonotonicInstant) -> Gate {
        guard isCurrent, isFollowed, !settings.isFrozen else { return .ask }
        guard let refusal = refusal(now: now) else { return .ask }
        if counters.tail == 0 { return .refuse(refusal) }
        guard holdersRead == HoldersRead(tail: counters.tail, refusal: refusal) else { return .askAndReadHolders }
        return holders.mayContain(tag) ? .ask : .refuse(refusal)
    }

    /// By the numbers alone: a snapshot handed on whole is copied, with a reference to each of its texts.
    private func refusal(now: MonotonicInstant) -> Refusal? {
        Refusal(settings, hasEnded: counters.hasEnded, at: storeTime(now: now))
    }

    /// Where a ticket of this item stands; `isFresh` when the item was read after the question was asked.
    public func locate(_ sequence: Int64, isFresh: Bool = false) -> Place {
        if sequence > counters.tail { return isFresh ? .beyondTail : .needsSnapshot }
        if snapshot.skipped.contains(sequence) { return .decided(.lost) }
        let block = ResultBlocks.blockIndex(of: sequence)
        guard let byte = results.byte(of: sequence) else { return .needsBlock(block) }
        if byte != .undecided { return .decided(byte) }
        if sequence <= watermark { return .soldOut }
        // Taken or ended, and the message that says which is still on the way.
        if sequence <= max(head, counters.endedAt) { return .needsBlock(block) }
        return queued(sequence)
    }

    /// Where a ticket stands once its block has been read and filled in: the reading rule.
    ///
    /// - Parameter endedAt: the counter as it was known when that read began. A byte that is older than a watermark
    ///   must not be judged by it: the purchase may have won in between. `needsBlock` then asks for another read.
    public func place(of sequence: Int64, blockReadAfter endedAt: Int64) -> Place {
        let byte = snapshot.skipped.contains(sequence) ? .lost : results.lastKnownByte(of: sequence)
        if byte != .undecided { return .decided(byte) }
        if sequence <= endedAt { return .soldOut }
        if sequence <= counters.endedAt { return .needsBlock(ResultBlocks.blockIndex(of: sequence)) }
        return queued(sequence)
    }

    /// The place of a purchase that was just taken in, or that is not decided.
    public func queued(_ sequence: Int64) -> Place { .queued(position: position(of: sequence)) }

    /// Whether messages have been followed without a gap, so that remembered results are what the store has.
    public var isTrusted: Bool { isFollowed && gapEnds == nil }

    /// What a waiting buyer may hope for; see Standing.swift for what is certain.
    public func verdict(_ sequence: Int64, ahead: Int64, quantity: Int64) -> Verdict {
        if standing.isSure(of: quantity, sequence: sequence, skipped: snapshot.skipped) { return .certain }
        let units = counters.free + counters.held - counters.inDoubt
        return ahead >= units || quantity > units ? .noChance : .possible
    }
}
