public import Domain

/// Events behind a cursor, oldest first.
public struct EventPage: Sendable {
    public var events: [Event]
    /// The limit ended it: more can be read at once.
    public var isMoreLeft: Bool

    public init(events: [Event], isMoreLeft: Bool) {
        self.events = events
        self.isMoreLeft = isMoreLeft
    }
}

/// Why events can't be read behind a cursor.
public enum EventFailure: Error, Sendable, Equatable {
    /// What lies behind it is there no more: reading goes on behind `oldest`; nil: there is nothing yet.
    case gone(oldest: EventCursor?)
    case store(StoreFailure)
}

public typealias EventCompletion = (Result<EventPage, EventFailure>) -> Void

/// Where events come from.
public protocol EventSource: AnyObject {
    /// Reads events of one item, or of all of them (nil), behind a cursor; nil: from the oldest that is kept. Each
    /// item's events come in their order, each at least once.
    ///
    /// - Parameter limit: events, from 1 on.
    func events(
        after cursor: EventCursor?, of item: ItemName?, limit: Int, completion: @escaping EventCompletion)
}
