public import Domain

/// What the sender of webhooks reads and saves.
public protocol WebhookStore: AnyObject {
    var isReady: Bool { get }
    func sentWebhooks(
        completion: @escaping StoreCompletion<(webhooks: [Store.SentWebhook], term: Int64)>)
    func letters(
        of name: WebhookName, areDead: Bool, after cursor: String?,
        completion: @escaping StoreCompletion<Store.WebhookLetters>)
    func save(
        _ changes: WebhookChanges, of webhook: Store.SentWebhook, term: Int64,
        completion: @escaping StoreCompletion<Store.WebhookSave>)
}

extension Store: WebhookStore {}
