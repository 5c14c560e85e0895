import Base
import Domain

/// Completes events with who bought and how many units: read from the books of the items, some purchases of one item at
/// a time.
final class BuyerLookup {
    private struct Purchase: Hashable {
        var item: ItemName
        var incarnation: UInt64
    }

    private let store: Store
    private var events: [Event]
    private let completion: (Result<[Event], StoreFailure>) -> Void
    private var failure: StoreFailure?

    /// - Parameter completion: called once; in this call where there is nothing to look up.
    static func complete(
        _ events: [Event], in store: Store, completion: @escaping (Result<[Event], StoreFailure>) -> Void
    ) {
        BuyerLookup(store, events, completion).begin()
    }

    private init(_ store: Store, _ events: [Event], _ completion: @escaping (Result<[Event], StoreFailure>) -> Void) {
        self.store = store
        self.events = events
        self.completion = completion
    }

    private func begin() {
        var places: [Purchase: [Int]] = [:]  // of events of purchases, by item
        var items: [Purchase] = []  // in the order of the events
        for (place, event) in events.enumerated() where !event.type.isOfItem {
            let item = Purchase(item: event.cursor.item, incarnation: event.cursor.incarnation)
            if places[item]?.append(place) == nil {
                places[item] = [place]
                items.append(item)
            }
        }
        Lanes.runUntilFailure(items, atOnce: Limits.pointersRead) { [self] item, done in
            let sorted = (places[item] ?? []).sorted { events[$0].sequence < events[$1].sequence }
            look(up: sorted[...], of: item, done)
        } completion: { [self] _ in
            completion(failure.map { .failure($0) } ?? .success(events))
        }
    }

    /// - Parameter places: of events, in the order of their sequences.
    private func look(up places: ArraySlice<Int>, of item: Purchase, _ done: @escaping (Bool) -> Void) {
        guard !places.isEmpty else { return done(true) }
        let some = places.prefix(Limits.eventsRead)
        store.buyers(
            of: some.map { events[$0].sequence }, in: ItemReference(ItemKeys(item.item), incarnation: item.incarnation)
        ) { [self] result in
            switch result {
            case .failure(.unknownItem), .failure(.otherIncarnation): done(true)  // deleted a moment ago
            case .failure(let failure):
                self.failure = failure
                done(false)
            case .success(let buyers):
                for (place, buyer) in zip(some, buyers) {
                    events[place].complete(user: buyer.user, quantity: buyer.quantity)
                }
                look(up: places.dropFirst(buyers.count), of: item, done)
            }
        }
    }
}
