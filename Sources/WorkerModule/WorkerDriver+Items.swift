public import Domain
import Store

extension WorkerDriver {
    /// The incarnation and the salt of an item, for whoever makes its tickets; nil when the store has no answer now.
    public func readIdentity(of item: ItemName, completion: @escaping (ItemIdentity?) -> Void) {
        store.inspect(ItemKeys(item)) { result in
            let snapshot = try? result.get()
            completion(snapshot.map { ItemIdentity(incarnation: $0.incarnation, salt: $0.salt) })
        }
    }
}
