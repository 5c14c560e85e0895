public import Domain
import RedisClient

extension Store {
    /// The place behind all that is in the feed of all items; nil: nothing is.
    public func feedEnd(completion: @escaping StoreCompletion<EventCursor?>) {
        command(["XREVRANGE", ControlKeys.feed, "+", "-", "COUNT", "1"], completion) { value -> EventCursor?? in
            guard let entries = value.array else { return nil }
            guard let newest = entries.first else { return .some(nil) }
            guard let pointer = FeedPointer(newest) else { return nil }
            return EventCursor(
                item: pointer.item, incarnation: pointer.incarnation,
                position: LedgerPosition(id: pointer.last, place: LedgerPosition.end))
        }
    }
}
