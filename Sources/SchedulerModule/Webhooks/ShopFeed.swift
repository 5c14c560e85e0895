public import Domain
public import Store

/// The feed of all items, as webhooks read it.
public protocol ShopFeed: AnyObject {
    /// What comes behind a cursor, in order for each item; an empty cursor stands before the oldest event.
    func events(
        after cursor: String, limit: Int, completion: @escaping (Result<ShopEventPage, StoreFailure>) -> Void)
}
