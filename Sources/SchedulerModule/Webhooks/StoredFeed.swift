import Base
import Domain
import Store

/// The feed of all items as the store has it.
final class StoredFeed: ShopFeed {
    private let reader: FeedReader

    init(_ store: Store) { reader = FeedReader(store: store) }

    func events(
        after cursor: String, limit: Int, completion: @escaping (Result<ShopEventPage, StoreFailure>) -> Void
    ) {
        let place = EventCursor(cursor)
        guard place != nil || cursor.isEmpty else { return completion(.failure(.unexpectedReply)) }
        reader.events(after: place, of: nil, limit: limit) { result in
            switch result {
            case .success(let page):
                let events = page.events.map(ShopEvent.init)
                completion(.success(.events(events, next: events.last?.id ?? cursor)))
            case .failure(.gone(let oldest)): completion(.success(.gone(oldest: oldest?.text ?? "")))
            case .failure(.store(let failure)): completion(.failure(failure))
            }
        }
    }
}

extension ShopEvent {
    /// The event as it is sent: a CloudEvent that is a payload of the Standard Webhooks as well.
    init(_ event: Event) {
        var body = ByteBuffer(capacity: 1_024)
        body.appendJSON { json in event.write(to: &json) }
        let item = event.cursor.item.description
        self.init(
            id: event.cursor.text, lane: "\(item)/\(event.cursor.incarnation)/\(event.sequence)",
            type: "\(event.type.name)", item: item, sequence: event.sequence, body: Self.timed(body.bytes, event.time))
    }

    /// With the field that Standard Webhooks have for the time, in front.
    private static func timed(_ cloudEvent: [UInt8], _ time: WallInstant) -> [UInt8] {
        var timestamp = ByteBuffer(capacity: 64)
        timestamp.appendJSON { json in
            json.beginObject()
            json.field("timestamp", time)
            json.endObject()
        }
        return timestamp.bytes.dropLast() + [UInt8(ascii: ",")] + cloudEvent.dropFirst()
    }
}
