package import Base

// DESIGN
// A queue process answers polls of waiting tickets, refusals after the end and item views from memory. What it has in
// memory is one `ItemView` an item: a snapshot read from the store, kept current by the messages that the scripts send.
// Messages are numbered (`news`), so a lost one is noticed and the item is read afresh. Admissions are not announced
// one by one (that would cost a message a batch): `version` orders what comes over the two connections, and a ticket
// above the known tail only says that this memory is behind.

/// One item as a process remembers it, and what may be said from that memory.
package struct ItemView: Sendable {
    package let name: ItemName
    package private(set) var snapshot: ItemSnapshot
    /// When `snapshot` was read or last confirmed by a message.
    package private(set) var readAt: MonotonicInstant
    /// False from a change of settings or a lost message until the item has been read afresh.
    package private(set) var isCurrent = true
    /// False while messages can't be followed.
    private var isFollowed: Bool
    private var hasGap = false
    /// The version that all counters are of; admissions tell of later ones, but only of head and tail.
    private var fullVersion: Int64
    private var results = ResultBlocks()
    private var holders = HolderIndex()
    private var holdersAreComplete = false
    private var rate = DrainRate()

    package init(name: ItemName, snapshot: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        self.name = name
        self.snapshot = snapshot
        self.isFollowed = isFollowed
        readAt = now
        fullVersion = snapshot.counters.version
        if isFollowed { results.restart(tail: snapshot.counters.tail) }
        rate.observe(head: snapshot.counters.head, now: now)
    }

    package var counters: ItemCounters { snapshot.counters }
    package var settings: ItemSettings { snapshot.settings }

    /// The store's clock now, as far as it is known.
    package func storeTime(now: MonotonicInstant) -> WallInstant {
        WallInstant(milliseconds: snapshot.storeTime.milliseconds + (now - readAt).wholeMilliseconds)
    }

    package mutating func drainPerSecond(now: MonotonicInstant) -> Double? { rate.perSecond(now: now) }

    // MARK: Events

    /// The item was read afresh while messages were followed (or not). An older read than what is known changes
    /// nothing.
    package mutating func apply(_ fresh: ItemSnapshot, isFollowed: Bool, now: MonotonicInstant) {
        guard fresh.incarnation == snapshot.incarnation else {
            self = ItemView(name: name, snapshot: fresh, isFollowed: isFollowed, now: now)
            return
        }
        let isBehind = fresh.counters.version < fullVersion && fresh.boot == snapshot.boot
        if isFollowed && (!self.isFollowed || hasGap) {
            results.restart(tail: max(fresh.counters.tail, snapshot.counters.tail))
            hasGap = false
        }
        self.isFollowed = isFollowed
        if isBehind { return }
        if fresh.settings != snapshot.settings || fresh.counters.ended != snapshot.counters.ended {
            holdersAreComplete = false
        }
        let known = snapshot
        snapshot = fresh
        if known.boot == fresh.boot { keepLater(of: known.counters) }
        fullVersion = fresh.counters.version
        readAt = now
        isCurrent = true
        rate.observe(head: fresh.counters.head, now: now)
    }

    /// A message of the item came. Afterwards `isCurrent` is false when the item must be read afresh.
    package mutating func apply(_ news: ItemNews, now: MonotonicInstant) {
        guard news.incarnation == snapshot.incarnation else {
            isCurrent = false
            return
        }
        for run in news.runs { results.decide(first: run.first, count: run.count, byte: run.byte) }
        guard news.counters.news > snapshot.counters.news else { return }
        if news.counters.news > snapshot.counters.news + 1 {
            isCurrent = false
            hasGap = true
            results.interrupt()
        }
        if news.changesSettings {
            isCurrent = false
            holdersAreComplete = false
        }
        if news.counters.ended != snapshot.counters.ended { holdersAreComplete = false }
        let known = snapshot.counters
        snapshot.counters = news.counters
        fullVersion = news.counters.version
        keepLater(of: known)
        rate.observe(head: snapshot.counters.head, now: now)
    }

    /// An admission's reply may have told of later numbers than a message or read that comes after it. Head and tail
    /// only ever grow, so the larger ones are right.
    private mutating func keepLater(of known: ItemCounters) {
        snapshot.counters.version = max(known.version, snapshot.counters.version)
        snapshot.counters.head = max(known.head, snapshot.counters.head)
        snapshot.counters.tail = max(known.tail, snapshot.counters.tail)
    }

    /// What an admission's reply said besides its answers.
    package mutating func applyAdmission(version: Int64, head: Int64, tail: Int64, now: MonotonicInstant) {
        guard version > snapshot.counters.version else { return }
        snapshot.counters.version = version
        snapshot.counters.head = max(head, snapshot.counters.head)
        snapshot.counters.tail = max(tail, snapshot.counters.tail)
        rate.observe(head: snapshot.counters.head, now: now)
    }

    /// Messages can't be followed any more: the connection is gone.
    package mutating func interrupt() {
        isFollowed = false
        isCurrent = false
        holdersAreComplete = false
        results.interrupt()
    }

    /// The settings are known to be old, for example because the store answered for another incarnation or boot.
    package mutating func expire() { isCurrent = false }

    /// A buyer left the queue, by the store's own answer, which may come before its message does.
    package mutating func cancelled(_ sequence: Int64, incarnation: UInt64) {
        guard incarnation == snapshot.incarnation else { return }
        results.decide(first: sequence, count: 1, byte: ResultByte.cancelled.rawValue)
    }

    package mutating func fill(block index: Int, with bytes: [UInt8]) {
        results.fill(block: index, with: bytes, isCurrent: isFollowed)
    }

    /// A slice of the holders was read; `isLast` when the store had no more.
    package mutating func appendHolders(_ slice: [UInt8], isLast: Bool) {
        holders.append(slice)
        if isLast && isCurrent && isFollowed { holdersAreComplete = true }
    }

    package var holdersRead: Int { holders.count }

    // MARK: Questions

    package enum Refusal: Sendable, Equatable { case closed, notOpen, soldOut }

    package enum Gate: Sendable, Equatable {
        /// The store decides.
        case ask
        /// The store decides, and the holders should be read, so that coming strangers are refused from memory.
        case askAndReadHolders
        case refuse(Refusal)
    }

    /// Whether a purchase of the user with this holder tag may be refused without asking the store.
    ///
    /// Only who can't hold a ticket is refused here; near an opening or closing the store's own clock decides.
    package func gate(tag: UInt32, now: MonotonicInstant) -> Gate {
        guard isCurrent, isFollowed, !settings.isFrozen else { return .ask }
        guard let refusal = refusal(now: now) else { return .ask }
        if counters.tail == 0 { return .refuse(refusal) }
        guard holdersAreComplete else { return .askAndReadHolders }
        return holders.mayContain(tag) ? .ask : .refuse(refusal)
    }

    private func refusal(now: MonotonicInstant) -> Refusal? {
        let time = storeTime(now: now)
        let margin = Limits.clockMargin.wholeMilliseconds
        let closing = settings.closesAt.milliseconds
        if settings.isClosed || (closing > 0 && time.milliseconds >= closing + margin) { return .closed }
        if closing > 0 && time.milliseconds >= closing - margin { return nil }
        if time.milliseconds < settings.opensAt.milliseconds - margin { return .notOpen }
        if time.milliseconds < settings.opensAt.milliseconds + margin { return nil }
        return counters.hasEnded ? .soldOut : nil
    }

    package enum Place: Sendable, Equatable {
        case queued(position: Int64)
        case decided(ResultByte)
        case soldOut
        /// The block of results with this index must be read first.
        case needsBlock(Int)
        /// The item must be read first: this memory may be behind.
        case needsSnapshot
        /// The store was read after the ticket was made, and never gave its sequence.
        case beyondTail
    }

    /// Where a ticket of this item stands; `isFresh` when the item was read after the question was asked.
    package func locate(_ sequence: Int64, isFresh: Bool = false) -> Place {
        if sequence > counters.tail { return isFresh ? .beyondTail : .needsSnapshot }
        guard let byte = results.byte(of: sequence) else { return .needsBlock(ResultBlocks.blockIndex(of: sequence)) }
        if byte == .undecided && sequence > counters.endedAt && sequence <= counters.head {
            return .needsBlock(ResultBlocks.blockIndex(of: sequence))  // taken, and its message is still on the way
        }
        return place(of: sequence, byte: byte)
    }

    /// Where a ticket stands whose byte was just read: the reading rule.
    package func place(of sequence: Int64, byte: ResultByte) -> Place {
        if byte != .undecided { return .decided(byte) }
        if sequence <= counters.endedAt { return .soldOut }
        return .queued(position: max(1, sequence - counters.head + counters.redo))
    }

    /// Whether messages have been followed without a gap, so that remembered results are what the store has.
    package var isTrusted: Bool { isFollowed && !hasGap }

    /// The same from whatever is remembered, for the seconds in which the store can't be asked. Nil when nothing is
    /// known.
    package func remembered(_ sequence: Int64) -> Place? {
        switch locate(sequence) {
        case .decided(let byte): return .decided(byte)
        case .soldOut: return .soldOut
        case .queued(let position): return .queued(position: position)
        case .needsBlock where sequence > counters.head && sequence > counters.endedAt:
            return .queued(position: sequence - counters.head + counters.redo)
        case .needsBlock, .needsSnapshot, .beyondTail: return nil
        }
    }

    package enum Verdict: String, Sendable {
        case certain, possible
        case noChance = "no_chance"
    }

    /// What a waiting buyer may hope for. Without quantities ahead known, every one is taken for the largest admitted.
    package func verdict(ahead: Int64, quantity: Int64) -> Verdict {
        if ahead * settings.largest + quantity <= counters.free { return .certain }
        return ahead >= counters.free + counters.held - counters.inDoubt ? .noChance : .possible
    }
}
