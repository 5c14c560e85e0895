import Base
public import Domain

// DESIGN
// One item's feed is its ledger. The feed of all items is a stream of pointers, which the leading scheduler appends:
// each stands for a range of one item's ledger, so their order is the order of all events, for ever the same, and
// nothing is written twice. An event's id names its item and its place there, and not its pointer; the pointer is
// found from the entry's time on, since no pointer has an earlier time than its entries. Where a reader stands is
// remembered, so usually nothing has to be searched.

/// Reads the feeds of items from the store. Belongs to its loop's thread.
public final class FeedReader: EventSource {
    private let store: Store
    private var places = PointerMemory()

    public init(store: Store) { self.store = store }

    public func events(
        after cursor: EventCursor?, of item: ItemName?, limit: Int, completion: @escaping EventCompletion
    ) {
        precondition(limit > 0)
        if let item {
            ItemFeedRead(store: store, item: item, cursor: cursor, limit: limit) { [store] in
                Self.complete($0, in: store, completion)
            }.next()
        } else {
            WholeFeedRead(store: store, cursor: cursor, limit: limit, known: cursor.flatMap { places[$0] }) {
                [store, weak self] result, place in
                if case .success(let page) = result, let last = page.events.last, let place {
                    self?.places.note(last.cursor, at: place)
                }
                Self.complete(result, in: store, completion)
            }.begin()
        }
    }

    private static func complete(
        _ result: Result<EventPage, EventFailure>, in store: Store, _ completion: @escaping EventCompletion
    ) {
        guard case .success(let page) = result else { return completion(result) }
        BuyerLookup.complete(page.events, in: store) { events in
            completion(
                events.mapError { .store($0) }.map { EventPage(events: $0, isMoreLeft: page.isMoreLeft) })
        }
    }
}

/// Which pointers the events are in that readers got last.
private struct PointerMemory {
    private var pointers: [EventCursor: LedgerID] = [:]
    private var order: [EventCursor] = []  // oldest first, in a ring
    private var oldest = 0

    subscript(cursor: EventCursor) -> LedgerID? { pointers[cursor] }

    mutating func note(_ cursor: EventCursor, at pointer: LedgerID) {
        guard pointers.updateValue(pointer, forKey: cursor) == nil else { return }
        guard order.count == Limits.feedPlacesRemembered else { return order.append(cursor) }
        pointers[order[oldest]] = nil
        order[oldest] = cursor
        oldest = (oldest + 1) % order.count
    }
}

/// One read of one item's feed: call after call until the limit is reached, or the end.
private final class ItemFeedRead {
    private let store: Store
    private let keys: ItemKeys
    private let cursor: EventCursor?
    private let limit: Int
    private let completion: EventCompletion
    private var position: LedgerPosition
    private var events: [Event] = []

    init(store: Store, item: ItemName, cursor: EventCursor?, limit: Int, _ completion: @escaping EventCompletion) {
        self.store = store
        self.cursor = cursor
        self.limit = limit
        self.completion = completion
        keys = ItemKeys(item)
        position = cursor?.position ?? .beginning
    }

    func next() {
        let isFirst = events.isEmpty && position == cursor?.position ?? .beginning
        store.events(
            of: keys, incarnation: cursor?.incarnation, after: position, through: nil,
            limit: min(limit - events.count, Limits.eventsRead)
        ) { [self] result in
            switch result {
            case .failure(.otherIncarnation): findOldest()  // the item that it is of was deleted
            case .failure(let failure): completion(.failure(.store(failure)))
            case .success(let slice):
                if isFirst, let cursor, isGone(cursor, slice) {
                    return completion(.failure(.gone(oldest: slice.oldest(of: keys.name))))
                }
                events += slice.events
                guard slice.isMoreLeft, events.count < limit else {
                    return completion(.success(EventPage(events: events, isMoreLeft: slice.isMoreLeft)))
                }
                position = slice.position
                next()
            }
        }
    }

    private func isGone(_ cursor: EventCursor, _ slice: Store.EventSlice) -> Bool {
        cursor.position.namesEvent ? !slice.isPositionThere : cursor.position.id < slice.trimmed
    }

    private func findOldest() {
        store.events(of: keys, incarnation: nil, after: .beginning, through: nil, limit: 1) { [self] result in
            completion(
                .failure(
                    result.failure.map { .store($0) }
                        ?? .gone(oldest: (try? result.get())?.oldest(of: keys.name))))  // unheard: there is no failure
        }
    }
}

/// One read of the feed of all items: pointers in waves, the events of a wave side by side.
private final class WholeFeedRead {
    typealias Completion = (Result<EventPage, EventFailure>, LedgerID?) -> Void

    private let store: Store
    private let cursor: EventCursor?
    private let limit: Int
    private let known: LedgerID?
    private let completion: Completion
    private var events: [Event] = []
    private var pointerOfLast: LedgerID?
    /// The next pointer to read, and where in it; nil: from its beginning.
    private var start = "-"
    private var resumption: LedgerPosition?
    private var wave = 1

    init(store: Store, cursor: EventCursor?, limit: Int, known: LedgerID?, _ completion: @escaping Completion) {
        self.store = store
        self.cursor = cursor
        self.limit = limit
        self.known = known
        self.completion = completion
    }

    func begin() {
        guard let cursor else { return next() }
        pointerOfLast = known
        search(from: known.map(\.description) ?? "\(cursor.position.id.time)", cursor)
    }

    private func fail(_ failure: StoreFailure) { completion(.failure(.store(failure)), nil) }

    private func end(isMoreLeft: Bool) {
        completion(.success(EventPage(events: events, isMoreLeft: isMoreLeft)), pointerOfLast)
    }

    // MARK: Where to begin

    /// Finds the pointer that the cursor's entry is in.
    private func search(from id: String, _ cursor: EventCursor) {
        let most = known == nil ? Limits.pointersSearched : 1
        store.pointers(from: id, limit: most) { [self] result in
            guard case .success(let pointers) = result else { return fail(result.failure ?? .unexpectedReply) }
            for pointer in pointers where pointer.item == cursor.item && pointer.incarnation == cursor.incarnation {
                guard pointer.last >= cursor.position.id else { continue }
                guard pointer.before < cursor.position.id || pointer.begins(behind: cursor.position) else {
                    return gone()
                }
                (start, resumption) = (pointer.id.description, cursor.position)
                return next()
            }
            guard let last = pointers.last, pointers.count == most, known == nil else {
                return checkWhetherToCome(cursor)
            }
            search(from: "(\(last.id)", cursor)
        }
    }

    /// There is no pointer of the entry: it is not written yet, or not there any more.
    private func checkWhetherToCome(_ cursor: EventCursor) {
        store.pointed(cursor.item) { [self] result in
            guard case .success(let pointed) = result else { return fail(result.failure ?? .unexpectedReply) }
            guard let pointed else { return checkWhetherThere(cursor) }
            let isGone = pointed.incarnation != cursor.incarnation || pointed.last >= cursor.position.id
            if isGone { gone() } else { end(isMoreLeft: false) }
        }
    }

    private func checkWhetherThere(_ cursor: EventCursor) {
        store.ledgerEnd(of: ItemKeys(cursor.item)) { [self] result in
            switch result {
            case .success(let ledger) where ledger.incarnation == cursor.incarnation: end(isMoreLeft: false)
            case .success, .failure(.unknownItem): gone()
            case .failure(let failure): fail(failure)
            }
        }
    }

    private func gone() {
        store.pointers(from: "-", limit: 1) { [completion] result in
            guard case .success(let pointers) = result else {
                return completion(.failure(.store(result.failure ?? .unexpectedReply)), nil)
            }
            completion(.failure(.gone(oldest: pointers.first?.beginning)), nil)
        }
    }

    // MARK: Reading

    private func next() {
        store.pointers(from: start, limit: wave) { [self] result in
            guard case .success(let pointers) = result else { return fail(result.failure ?? .unexpectedReply) }
            guard !pointers.isEmpty else { return end(isMoreLeft: false) }
            read(pointers)
        }
    }

    private func read(_ pointers: [FeedPointer]) {
        var slices = [Result<Store.EventSlice, StoreFailure>?](repeating: nil, count: pointers.count)
        var missing = pointers.count
        for (index, pointer) in pointers.enumerated() {
            let position = index == 0 ? resumption : nil
            store.events(
                of: ItemKeys(pointer.item), incarnation: pointer.incarnation,
                after: position ?? LedgerPosition(id: pointer.before, place: LedgerPosition.end),
                through: pointer.last, limit: min(limit - events.count, Limits.eventsRead)
            ) { [self] result in
                slices[index] = result
                missing -= 1
                if missing == 0 { take(pointers, slices.compactMap { $0 }) }
            }
        }
    }

    private func take(_ pointers: [FeedPointer], _ slices: [Result<Store.EventSlice, StoreFailure>]) {
        let (resumed, cameFrom) = (resumption, events.isEmpty ? cursor?.position : nil)
        resumption = nil
        for (index, (pointer, result)) in zip(pointers, slices).enumerated() {
            start = "(\(pointer.id)"
            switch result {
            // The item was deleted, and what happened to it went with it.
            case .failure(.unknownItem), .failure(.otherIncarnation): continue
            case .failure(let failure): return fail(failure)
            case .success(let slice):
                if index == 0, let resumed, resumed == cameFrom, resumed.namesEvent, !slice.isPositionThere {
                    return gone()
                }
                let room = limit - events.count
                if !slice.events.isEmpty {
                    events += slice.events.prefix(room)
                    pointerOfLast = pointer.id
                    if slice.events.count > room { return end(isMoreLeft: true) }
                }
                if events.count == limit { break }
                if slice.isMoreLeft {
                    (start, resumption) = (pointer.id.description, slice.position)
                    wave = 1
                    return next()
                }
            }
            if events.count == limit { return end(isMoreLeft: true) }
        }
        wave = min(2 * wave, Limits.pointersRead)
        next()
    }
}

extension FeedPointer {
    /// A place before all events of the pointer.
    fileprivate var beginning: EventCursor {
        EventCursor(
            item: item, incarnation: incarnation, position: LedgerPosition(id: before, place: LedgerPosition.end))
    }

    fileprivate func begins(behind position: LedgerPosition) -> Bool { !position.namesEvent && before == position.id }
}

extension Store.EventSlice {
    fileprivate func oldest(of item: ItemName) -> EventCursor {
        EventCursor(
            item: item, incarnation: incarnation, position: LedgerPosition(id: trimmed, place: LedgerPosition.end))
    }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
