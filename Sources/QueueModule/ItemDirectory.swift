import Base
import Domain
import EventLoop
import Store

// DESIGN
// One directory a loop. All endpoints of the loop, for buyers and for operators, read items through it, so reads are
// coalesced here: a caller that comes while a read is under way gets the result of the next one (an answer must be
// younger than the question). Operators alone have a read of their own, in order with the change that they make; its
// result goes into the same view.
// Names that the store does not know are remembered until any item changes its settings, so a flood of unknown names
// costs one call a name, and memory for a bounded number of them.

/// The items that a loop knows, kept current by change notifications.
final class ItemDirectory {
    private let loop: EventLoop
    private let store: Store
    private let listener: StoreListener
    private var items = ItemTable()
    private var unknown: Set<ItemName> = []
    private var lookups: [ItemName: Lookup] = [:]
    private var waiting = 0
    private var followedSince: UInt64 = 0  // counts interruptions
    let durability: DurabilityCheck
    /// A change of an item was notified, also of one that this loop does not know.
    var onChange: (ItemName) -> Void = { _ in }
    /// Something became known of an item, which listeners may have to be shown.
    var onViewChange: (ItemEntry, ViewChange) -> Void = { _, _ in }

    /// When the store was lost; nil while it is there.
    private(set) var storeLostAt: MonotonicInstant?

    init(loop: EventLoop, store: Store, listener: StoreListener, log: any QueueLog) {
        self.loop = loop
        self.store = store
        self.listener = listener
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        durability.onChecked = { [unowned self] in
            guard let entry = $0 as? ItemEntry else { return }
            refresh(entry) { _ in }  // unheard: the next request for the item reads it again
        }
        durability.onEmptied = { [unowned self] in
            interrupt()
            return entries
        }
        listener.onNotification = { [unowned self] in receive($0) }
        listener.onUnreadableNotification = { [unowned self] in interrupt() }
    }

    // MARK: Finding items

    /// The entry of a name that this loop knows, without a call of the store.
    func entry(named name: Span<UInt8>) -> ItemEntry? { items.entry(named: name) }

    func entry(named name: ItemName) -> ItemEntry? {
        let bytes = Array(name.description.utf8)
        return entry(named: bytes.span)
    }

    var entries: [ItemEntry] { items.entries }
    var count: Int { items.entries.count }

    /// See `ItemTable.mostWanted`.
    func mostWanted(_ count: Int) -> [ItemEntry] { items.mostWanted(count) }

    /// Polls a second that all waiting buyers of the known items would make.
    ///
    /// - Parameter listening: of all who wait, these listen and don't poll.
    func pollDemand(besides listening: Int64, now: MonotonicInstant) -> Double {
        let demand = entries.reduce(0) { $0 + $1.view.pollDemand(now: now) }
        guard demand > 0, listening > 0 else { return demand }
        let waiting = entries.reduce(0) { $0 + $1.view.counters.waiting }
        return demand * Double(max(0, waiting - listening)) / Double(max(1, waiting))
    }

    /// Reads an item that this loop does not know; many callers cause one call.
    func lookUp(_ name: ItemName, _ completion: @escaping (Result<ItemEntry, StoreFailure>) -> Void) {
        if unknown.contains(name) && listener.isFollowing { return completion(.failure(.unknownItem)) }
        guard waiting < Limits.waitingLookups else { return completion(.failure(.unreachable)) }
        lookUpNow(name, completion)
    }

    private func lookUpNow(_ name: ItemName, _ completion: @escaping (Result<ItemEntry, StoreFailure>) -> Void) {
        waiting += 1
        guard lookups[name] == nil else {
            lookups[name]!.completions.append(completion)
            return
        }
        lookups[name] = Lookup(completions: [completion])
        let keys = ItemKeys(name)
        let mark = followMark
        store.inspect(keys) { [unowned self] result in
            guard let lookup = lookups.removeValue(forKey: name) else { return }
            let outcome = result.map { insert(keys, $0, isFollowed: isFollowed(since: mark)) }
            switch outcome {
            case .success(let entry): for notification in lookup.notifications { apply(notification, to: entry) }
            case .failure(.unknownItem) where lookup.notifications.isEmpty && isFollowed(since: mark):
                remember(unknown: name)
            case .failure: break
            }
            for completion in lookup.completions {
                waiting -= 1
                completion(outcome)
            }
        }
    }

    /// A first read of an item, and the notifications that arrived meanwhile: the two come over different connections,
    /// so a notification may overtake an answer that is older.
    private struct Lookup {
        var completions: [(Result<ItemEntry, StoreFailure>) -> Void]
        private(set) var notifications: [ChangeNotification] = []  // newest last

        init(completions: [(Result<ItemEntry, StoreFailure>) -> Void]) { self.completions = completions }

        mutating func note(_ message: ChangeNotification) {
            // The numbers show a view that earlier ones are missing, and it is read again.
            if notifications.count >= 64 { notifications.removeFirst() }
            notifications.append(message)
        }
    }

    /// Reads an item at once, in order with the calls before and after it: operators are shown what was there before a
    /// change of theirs and after it.
    func read(_ name: ItemName, _ completion: @escaping StoreCompletion<ItemSnapshot>) {
        guard let entry = entry(named: name) else {
            unknown.remove(name)  // it may have been made a moment ago, and its notification be under way
            return lookUpNow(name) { completion($0.map(\.view.snapshot)) }
        }
        let mark = followMark
        store.inspect(entry.keys) { [unowned self] result in
            apply(result, to: entry, mark: mark)
            completion(result)
        }
    }

    /// Reads an item afresh; `completion` runs after a read that began no earlier than this call.
    func refresh(_ entry: ItemEntry, _ completion: @escaping (StoreFailure?) -> Void) {
        guard waiting < Limits.waitingLookups else { return completion(.unreachable) }
        waiting += 1
        if entry.join(completion) { refresh(entry) }
    }

    /// A call for an item failed so that it may be another one by now, or in another life: it is read again.
    func doubt(_ entry: ItemEntry, after failure: StoreFailure) {
        guard failure == .otherIncarnation || failure == .stale || failure == .unknownItem else { return }
        entry.view.expire()
        refresh(entry) { _ in }  // unheard: the next request for the item reads it again
    }

    /// Reads an item that is not current, unless a read is under way.
    func renew(_ entry: ItemEntry) {
        guard listener.isFollowing, !entry.isBeingRead, !entry.view.isCurrent || !entry.view.isTrusted else { return }
        refresh(entry) { _ in }  // unheard: the next request for the item reads it again
    }

    private func refresh(_ entry: ItemEntry) {
        let readers = entry.readBegins()
        let mark = followMark
        store.inspect(entry.keys) { [unowned self] result in
            entry.readEnded()
            apply(result, to: entry, mark: mark)
            if entry.mustBeReadAgain { refresh(entry) }
            let failure: StoreFailure? = if case .failure(let failure) = result { failure } else { nil }
            for reader in readers {
                waiting -= 1
                reader(failure)
            }
        }
    }

    private func apply(_ result: Result<ItemSnapshot, StoreFailure>, to entry: ItemEntry, mark: UInt64?) {
        switch result {
        case .success(let snapshot):
            // Where it was current, notifications have said, or will say, what the read shows.
            let wasKnown = entry.view.isCurrent && entry.view.isTrusted
            entry.view.apply(snapshot, isFollowed: isFollowed(since: mark), now: loop.now)
            durability.itemRead(entry)
            if !wasKnown { onViewChange(entry, .read) }
        case .failure(.unknownItem): forget(entry)
        case .failure: break
        }
    }

    /// Reads one block of results into the view; many callers cause one call. `completion` gets the watermark as it was
    /// known before the read began, which is the one to judge the bytes by.
    func block(_ index: Int, of entry: ItemEntry, _ completion: @escaping (Result<Int64, StoreFailure>) -> Void) {
        guard waiting < Limits.waitingLookups else { return completion(.failure(.unreachable)) }
        waiting += 1
        guard entry.join(completion, ofBlock: index) else { return }
        let (mark, incarnation) = (followMark, entry.view.snapshot.incarnation)
        let endedAt = entry.view.counters.endedAt
        store.results(block: index, of: entry.reference) { [unowned self] result in
            // Results of an earlier item of this name must not count for this one.
            let isSame = incarnation == entry.view.snapshot.incarnation
            if isSame, case .success(let bytes) = result {
                entry.view.fill(block: index, with: bytes, wasFollowed: mark == followMark)
            }
            for reader in entry.blockReadEnded(index) {
                waiting -= 1
                reader(result.map { _ in endedAt })
            }
        }
    }

    /// Reads the holders, slice by slice, so that non-holders can be refused from memory; does nothing while a read is
    /// under way.
    func readHolders(of entry: ItemEntry) {
        guard entry.holdersReadBegins() else { return }
        let incarnation = entry.view.snapshot.incarnation
        store.holders(of: entry.reference, skip: entry.view.holdersKnown) { [unowned self] result in
            entry.holdersReadEnded()
            guard case .success(let slice) = result, incarnation == entry.view.snapshot.incarnation else { return }
            let isLast = slice.count < Limits.holdersSlice
            entry.view.appendHolders(slice, isLast: isLast, now: loop.now)
            if !isLast { readHolders(of: entry) }
        }
    }

    // MARK: Notifications

    private func receive(_ notification: ChangeNotification) {
        if notification.changesSettings {
            unknown.remove(notification.item)
            durability.itemNotified(notification)
        }
        lookups[notification.item]?.note(notification)
        if let entry = entry(named: notification.item) { apply(notification, to: entry) }
        onChange(notification.item)
    }

    private func apply(_ notification: ChangeNotification, to entry: ItemEntry) {
        entry.view.apply(notification, now: loop.now)
        onViewChange(entry, .notified(notification))
        // A read that is under way may be older than the notification: another one follows it.
        guard !entry.view.isCurrent && !entry.mustBeReadAgain else { return }
        refresh(entry) { _ in }  // unheard: the next request for the item reads it again
    }

    /// Notifications can't be followed: what is remembered ages from now on.
    func interrupt() {
        followedSince += 1
        unknown.removeAll()
        for entry in entries { entry.view.interrupt() }
    }

    /// The store can't be reached any more.
    func storeDown() {
        if storeLostAt == nil { storeLostAt = loop.now }
        interrupt()
    }

    /// Items are read again as they are needed; after a restart of the store each is checked first, so that a store
    /// that came back with less is noticed.
    func storeUp() {
        storeLostAt = nil
        durability.storeUp(remembered: entries)
    }

    // MARK: The table

    private var followMark: UInt64? { listener.isFollowing ? followedSince : nil }

    private func isFollowed(since mark: UInt64?) -> Bool { mark == followedSince && listener.isFollowing }

    private func remember(unknown name: ItemName) {
        if unknown.count >= Limits.unknownItemsRemembered { unknown.removeAll() }
        unknown.insert(name)
    }

    private func insert(_ keys: ItemKeys, _ snapshot: ItemSnapshot, isFollowed: Bool) -> ItemEntry {
        if let known = entry(named: keys.name) { return known }
        let view = ItemView(name: keys.name, snapshot: snapshot, isFollowed: isFollowed, now: loop.now)
        let entry = ItemEntry(keys: keys, view: view)
        items.insert(entry)
        durability.itemRead(entry)
        return entry
    }

    /// The store has no such item any more. Waiting purchases get the store's own refusal.
    private func forget(_ entry: ItemEntry) {
        guard items.remove(entry) else { return }
        durability.itemGone(entry)
        onViewChange(entry, .gone)
    }
}
