import Base
import Domain
import EventLoop
import Store

// DESIGN
// One directory a loop. It is the only place that reads items from the store, so reads are coalesced here: whoever asks
// while a read is on its way waits for the next one to begin and end (an answer must be younger than the question).
// Names that the store does not know are remembered until any item changes its settings, so a flood of unknown names
// costs a call a name, and memory for a bounded number of them.

/// The items that a loop knows, kept current by the store's messages.
final class ItemDirectory {
    private let loop: EventLoop
    private let store: Store
    private let listener: StoreListener
    private(set) var entries: [ItemEntry] = []
    private var table = [Int32](repeating: -1, count: 64)  // index into entries, by hash of the name
    private var unknown: Set<ItemName> = []
    private var lookups: [ItemName: Lookup] = [:]
    private var waiting = 0
    private var followedSince: UInt64 = 0  // counts interruptions
    let durability: DurabilityCheck

    /// When the store was lost; nil while it is there.
    private(set) var storeLostAt: MonotonicInstant?

    init(loop: EventLoop, store: Store, listener: StoreListener, log: any QueueLog) {
        self.loop = loop
        self.store = store
        self.listener = listener
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        durability.onTold = { [unowned self] in
            guard let entry = $0 as? ItemEntry else { return }
            refresh(entry) { _ in }  // unheard: the next look at the item reads it again
        }
        durability.remembered = { [unowned self] in entries }
        durability.onEmptied = { [unowned self] in interrupt() }
        listener.onNotification = { [unowned self] in receive($0) }
        listener.onUnreadableNotification = { [unowned self] in interrupt() }
    }

    // MARK: Looking up

    /// The entry of a name that this loop knows, without asking the store.
    func entry(named name: Span<UInt8>) -> ItemEntry? {
        var slot = Self.hash(name) & (table.count - 1)
        while table[slot] >= 0 {
            let entry = entries[Int(table[slot])]
            if Self.equal(name, entry.nameBytes) { return entry }
            slot = (slot + 1) & (table.count - 1)
        }
        return nil
    }

    func entry(named name: ItemName) -> ItemEntry? {
        let bytes = Array(name.description.utf8)
        return entry(named: bytes.span)
    }

    var count: Int { entries.count }

    /// Polls a second that all who wait for the known items would make.
    func pollDemand(now: MonotonicInstant) -> Double {
        entries.reduce(0) { $0 + $1.view.pollDemand(now: now) }
    }

    /// Asks the store for an item that this loop does not know; many who ask cause one call.
    func lookUp(_ name: ItemName, _ completion: @escaping (Result<ItemEntry, StoreFailure>) -> Void) {
        if unknown.contains(name) && listener.isFollowing { return completion(.failure(.unknownItem)) }
        guard waiting < Limits.waitingLookups else { return completion(.failure(.unreachable)) }
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
            case .success(let entry): for notification in lookup.notification { apply(notification, to: entry) }
            case .failure(.unknownItem) where lookup.notification.isEmpty && isFollowed(since: mark): remember(unknown: name)
            case .failure: break
            }
            for completion in lookup.completions {
                waiting -= 1
                completion(outcome)
            }
        }
    }

    /// A first read of an item, and what the store said by itself meanwhile: the two come over different connections,
    /// so a message may overtake an answer that is older.
    private struct Lookup {
        var completions: [(Result<ItemEntry, StoreFailure>) -> Void]
        private(set) var notification: [ChangeNotification] = []  // newest last

        init(completions: [(Result<ItemEntry, StoreFailure>) -> Void]) { self.completions = completions }

        mutating func note(_ message: ChangeNotification) {
            // A view notices by the numbers that earlier ones are missing, and is read again.
            if notification.count >= 64 { notification.removeFirst() }
            notification.append(message)
        }
    }

    /// Reads an item afresh; `completion` runs after a read that began no earlier than this call.
    func refresh(_ entry: ItemEntry, _ completion: @escaping (StoreFailure?) -> Void) {
        guard waiting < Limits.waitingLookups else { return completion(.unreachable) }
        waiting += 1
        entry.readers.append(completion)
        guard !entry.isReading else {
            entry.mustReadAgain = true
            return
        }
        read(entry)
    }

    /// Reads an item that is not current, unless that is being done.
    func renew(_ entry: ItemEntry) {
        guard listener.isFollowing, !entry.isReading, !entry.view.isCurrent || !entry.view.isTrusted else { return }
        refresh(entry) { _ in }  // unheard: the next look at the item reads it again
    }

    private func read(_ entry: ItemEntry) {
        entry.isReading = true
        entry.mustReadAgain = false
        let readers = entry.readers
        entry.readers = []
        let mark = followMark
        store.inspect(entry.keys) { [unowned self] result in
            entry.isReading = false
            var failure: StoreFailure?
            switch result {
            case .success(let snapshot):
                entry.view.apply(snapshot, isFollowed: isFollowed(since: mark), now: loop.now)
                durability.itemRead(entry)
            case .failure(let why):
                failure = why
                if why == .unknownItem { forget(entry) }
            }
            if entry.mustReadAgain { read(entry) }
            for reader in readers {
                waiting -= 1
                reader(failure)
            }
        }
    }

    /// Reads one block of results into the view; many who ask cause one call. `completion` gets the watermark as it was
    /// known before the read began, which is the one to judge the bytes by.
    func block(_ index: Int, of entry: ItemEntry, _ completion: @escaping (Result<Int64, StoreFailure>) -> Void) {
        guard waiting < Limits.waitingLookups else { return completion(.failure(.unreachable)) }
        waiting += 1
        if entry.blockReaders[index] != nil {
            entry.blockReaders[index]!.append(completion)
            return
        }
        entry.blockReaders[index] = [completion]
        let (mark, incarnation) = (followMark, entry.view.snapshot.incarnation)
        let endedAt = entry.view.counters.endedAt
        store.results(block: index, of: entry.reference) { [unowned self] result in
            // What belongs to the name's item before must not pass for known.
            let isSame = incarnation == entry.view.snapshot.incarnation
            if isSame, case .success(let bytes) = result {
                entry.view.fill(block: index, with: bytes, wasFollowed: mark == followMark)
            }
            for reader in entry.blockReaders.removeValue(forKey: index) ?? [] {
                waiting -= 1
                reader(result.map { _ in endedAt })
            }
        }
    }

    /// Reads the holders, slice by slice, so that strangers can be refused from memory. Repeats do nothing meanwhile.
    func readHolders(of entry: ItemEntry) {
        guard !entry.isReadingHolders else { return }
        entry.isReadingHolders = true
        let incarnation = entry.view.snapshot.incarnation
        store.holders(of: entry.reference, skip: entry.view.holdersKnown) { [unowned self] result in
            entry.isReadingHolders = false
            guard case .success(let slice) = result, incarnation == entry.view.snapshot.incarnation else { return }
            let isLast = slice.count < Limits.holdersSlice
            entry.view.appendHolders(slice, isLast: isLast, now: loop.now)
            if !isLast { readHolders(of: entry) }
        }
    }

    // MARK: What the store says by itself

    private func receive(_ notification: ChangeNotification) {
        if notification.changesSettings { unknown.remove(notification.item) }
        lookups[notification.item]?.note(notification)
        if let entry = entry(named: notification.item) { apply(notification, to: entry) }
    }

    private func apply(_ notification: ChangeNotification, to entry: ItemEntry) {
        entry.view.apply(notification, now: loop.now)
        // A read that is under way may be older than the message: another one follows it.
        guard !entry.view.isCurrent && !entry.mustReadAgain else { return }
        refresh(entry) { _ in }  // unheard: the next look at the item reads it again
    }

    /// Messages can't be followed: what is remembered ages from now on.
    func interrupt() {
        followedSince += 1
        unknown.removeAll()
        for entry in entries { entry.view.interrupt() }
    }

    /// The store can't be asked any more.
    func storeDown() {
        if storeLostAt == nil { storeLostAt = loop.now }
        interrupt()
    }

    /// Items are read again as they are needed; after a restart of the store each is told of first, so that a store
    /// that came back with less is noticed.
    func storeUp() {
        storeLostAt = nil
        durability.storeUp()
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
        entries.append(entry)
        if 2 * entries.count > table.count {
            rebuildTable(slots: 2 * table.count)
        } else {
            addToTable(entries.count - 1)
        }
        return entry
    }

    /// The store has no such item any more. Who waits in its intake is answered by the store's own refusal.
    private func forget(_ entry: ItemEntry) {
        guard let index = entries.firstIndex(where: { $0 === entry }) else { return }
        entries.remove(at: index)
        durability.itemGone(entry)
        rebuildTable(slots: table.count)
    }

    private func rebuildTable(slots: Int) {
        table = [Int32](repeating: -1, count: slots)
        for index in entries.indices { addToTable(index) }
    }

    private func addToTable(_ index: Int) {
        let name = entries[index].nameBytes
        var slot = Self.hash(name.span) & (table.count - 1)
        while table[slot] >= 0 { slot = (slot + 1) & (table.count - 1) }
        table[slot] = Int32(index)
    }

    private static func hash(_ name: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a: the names are an operator's, not a buyer's
        for index in name.indices { hash = (hash ^ UInt64(name[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 1)
    }

    private static func equal(_ left: Span<UInt8>, _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
