public import Base
public import Domain
public import Store

/// How a webhook stands, as the leading scheduler shows it. It has no secret.
public struct WebhookState: Sendable, Equatable {
    public var name: String
    public var isDisabled: Bool
    /// The receiver answered 410: it wants no more until an operator changes the webhook.
    public var isGone: Bool
    /// For how long no delivery has succeeded; zero while they do.
    public var failing = TimeSpan.zero
    public var reason = ""
    /// Events read and not delivered.
    public var undelivered = 0
    /// As many of them wait for their retry as may.
    public var isFull = false
    public var dead: Int64
    public var gaps: Int64
    /// Of this process.
    public var counts: WebhookFigures

    init(_ view: Store.WebhookView, counts: WebhookFigures) {
        name = view.name.description
        (isDisabled, isGone, dead) = (view.isDisabled, view.progress.isGone, view.dead)
        (gaps, reason) = (view.progress.gaps, view.progress.reason)
        self.counts = counts
    }
}

/// What the sender of webhooks reports to its operator.
public protocol WebhookLog: AnyObject {
    /// Deliveries fail one after the other: only probes are sent.
    func failing(_ name: WebhookName, reason: String)
    func isBack(_ name: WebhookName)
    /// The receiver answered 410.
    func gone(_ name: WebhookName)
    /// An event is a dead letter after its last attempt.
    func gaveUp(_ name: WebhookName, id: String, type: String, reason: String)
    /// Events were no longer kept when their turn came.
    func missed(_ name: WebhookName)
    /// The store refuses what was to be saved.
    func notSaved(_ name: WebhookName, _ failure: StoreFailure)
}
