import Base
import Domain

/// What a reader of events wants: the query of `GET /admin/v1/events`. Strict: what isn't known is refused by name.
struct EventQuery {
    private(set) var cursor: EventCursor?  // nil: from the oldest on
    private(set) var item: ItemName?  // nil: all
    private(set) var limit = Int(Limits.eventsListed.upperBound)
    /// How long to wait for an event where there is none; a longer wish is cut.
    private(set) var wait = TimeSpan.zero

    struct Refusal: Error { let reason: String }

    init(_ query: Span<UInt8>) throws(Refusal) {
        var known: Set<String> = []
        for pair in String(utf8: query).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.meaning(of: String(parts[0]))
            guard let bytes = percentDecoded((parts.count == 2 ? parts[1] : "").utf8) else {
                throw Refusal(reason: "\(name) is not escaped as it must be")
            }
            guard known.insert(name).inserted else { throw Refusal(reason: "\(name) is given twice") }
            try take(name, String(decoding: bytes, as: UTF8.self))
        }
    }

    /// HTTP Feeds have a name of their own for the cursor.
    private static func meaning(of name: String) -> String { name == "lastEventId" ? "after" : name }

    private mutating func take(_ name: String, _ text: String) throws(Refusal) {
        switch name {
        case "after":
            guard !text.isEmpty else { return }
            guard let cursor = EventCursor(text) else { throw Refusal(reason: "after must be the id of an event") }
            self.cursor = cursor
        case "item":
            guard let item = itemName(text) else {
                throw Refusal(reason: "an item's name is 1 to 64 of A-Z, a-z, 0-9, _ and -")
            }
            self.item = item
        case "limit": limit = Int(try Self.number(name, text, in: Limits.eventsListed))
        case "wait": wait = .seconds(try Self.number(name, text, in: 0...Self.longestWish))
        case "timeout": wait = .milliseconds(try Self.number(name, text, in: 0...Self.longestWish * 1_000))
        default: throw Refusal(reason: "\(name) is not known: after, item, limit, wait")
        }
        wait = min(wait, Limits.eventWait)
    }

    private static let longestWish: Int64 = 3_600  // seconds

    private static func number(_ name: String, _ text: String, in range: ClosedRange<Int64>) throws(Refusal) -> Int64 {
        guard let number = Int64(text), range.contains(number) else {
            throw Refusal(reason: "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Whether a cursor can be one of the item's events.
    var isConsistent: Bool { cursor == nil || item == nil || cursor?.item == item }
}
