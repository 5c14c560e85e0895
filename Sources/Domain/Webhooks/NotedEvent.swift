public import Base

/// An undelivered event that the store keeps, because the cursor is behind it; or a dead letter.
public struct NotedEvent: Sendable, Equatable {
    /// In which the events of a webhook came; those of one lane go out in it.
    public var order: Int64
    /// Attempts that failed.
    public var attempts: Int
    /// When the next one is due; of a dead letter when it was given up.
    public var dueAt: WallInstant
    /// Why the last attempt failed; empty where none did.
    public var reason: String
    public var event: ShopEvent

    public init(order: Int64, attempts: Int, dueAt: WallInstant, reason: String, event: ShopEvent) {
        self.order = order
        self.attempts = attempts
        self.dueAt = dueAt
        self.reason = reason
        self.event = event
    }
}

/// What the store keeps of a webhook's deliveries, beside the events.
public struct WebhookProgress: Sendable, Equatable {
    /// All up to it is delivered, noted, or given up.
    public var cursor: String
    /// The highest order given.
    public var order: Int64 = 0
    /// Since when nothing succeeds; nil while all is well.
    public var failingSince: WallInstant?
    /// Why the last call failed that did; empty while all is well.
    public var reason = ""
    /// The receiver wants no more.
    public var isGone = false
    /// How often events were no longer kept when their turn came.
    public var gaps: Int64 = 0
    /// An operator had it set back, and it has not caught up since.
    public var isReplaying = false

    public init(cursor: String) { self.cursor = cursor }
}

/// What is to be saved of a webhook in one call of the store.
public struct WebhookChanges: Sendable, Equatable {
    public enum Change: Sendable, Equatable {
        case note(NotedEvent)
        case remove(id: String)
        case giveUp(NotedEvent)
    }

    /// Carried out in this order, before the progress.
    public var changes: [Change]
    public var progress: WebhookProgress

    public init(changes: [Change], progress: WebhookProgress) {
        self.changes = changes
        self.progress = progress
    }
}
