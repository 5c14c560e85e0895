import Base

/// The name of a webhook: as an item's, 1...64 bytes of `[A-Za-z0-9_-]`, so that it can be part of a key.
public struct WebhookName: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// Nil when `text` is not a valid name.
    public init?(_ text: String) {
        guard ItemName(text) != nil else { return nil }
        description = text
    }
}

/// What a shop is notified of.
public struct WebhookFilter: Sendable, Equatable {
    /// Types of events; empty: all.
    public var types: [String]
    /// Empty: all.
    public var items: [String]

    public init(types: [String] = [], items: [String] = []) {
        self.types = types
        self.items = items
    }

    public func wants(_ event: ShopEvent) -> Bool {
        (types.isEmpty || types.contains(event.type)) && (items.isEmpty || items.contains(event.item))
    }
}

/// One event of the feed, as a webhook sends it.
public struct ShopEvent: Sendable, Equatable {
    /// The same for every delivery; no other event has it.
    public var id: String
    /// What it must not pass: the events of one ticket have the same, those of an item itself another.
    public var lane: String
    public var type: String
    public var item: String
    /// Of the ticket; 0 where it is the item's.
    public var sequence: Int64
    /// What is sent.
    public var body: [UInt8]

    public init(id: String, lane: String, type: String, item: String, sequence: Int64, body: [UInt8]) {
        self.id = id
        self.lane = lane
        self.type = type
        self.item = item
        self.sequence = sequence
        self.body = body
    }
}

/// One read of the feed.
public enum ShopEventPage: Sendable, Equatable {
    /// What comes after the cursor that was given, oldest first, and the cursor behind it. Empty: nothing yet.
    case events([ShopEvent], next: String)
    /// What came after the cursor is no longer kept; reading goes on here.
    case gone(oldest: String)
}
