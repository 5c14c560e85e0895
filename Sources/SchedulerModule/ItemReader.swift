import Domain
import Store

/// Reads items from the store, with one read of an item under way at a time. A read that is requested meanwhile may
/// have to see something newer than the read under way does: then the item is read once more.
final class ItemReader {
    private let store: any ItemStore
    private var keys: [ItemName: ItemKeys] = [:]
    private var underWay: [ItemName: [Request]] = [:]  // with the requests that came since the read began

    private struct Request {
        /// Whether a snapshot satisfies the request, though its read began before the request came.
        let isSatisfied: (ItemSnapshot) -> Bool
        let then: (Bool) -> Void
    }

    /// An item was read; nil where the store has none of this name.
    var onRead: (ItemName, ItemSnapshot?) -> Void = { _, _ in }

    init(store: any ItemStore) { self.store = store }

    /// Every item that was read and is there.
    var known: some Sequence<ItemName> { keys.keys }

    /// - Parameters:
    ///   - isSatisfied: whether a snapshot of a read that is under way already is new enough; by default none is.
    ///   - then: called once, with whether the store answered.
    func read(
        _ name: ItemName, isSatisfied: @escaping (ItemSnapshot) -> Bool = { _ in false },
        then: @escaping (Bool) -> Void = { _ in }
    ) {
        let request = Request(isSatisfied: isSatisfied, then: then)
        guard underWay[name] == nil else { return underWay[name]!.append(request) }
        underWay[name] = []
        inspect(name) { [unowned self] result in
            let later = underWay.removeValue(forKey: name) ?? []
            switch result {
            case .success(let snapshot): onRead(name, snapshot)
            case .failure(.unknownItem):
                keys[name] = nil
                onRead(name, nil)
            case .failure: break  // the caller, the next sweep or the next term reads it again
            }
            then(result.isAnswer)
            for request in later {
                if case .success(let snapshot) = result, request.isSatisfied(snapshot) {
                    request.then(true)
                } else {
                    read(name, isSatisfied: request.isSatisfied, then: request.then)
                }
            }
        }
    }

    func inspect(_ name: ItemName, completion: @escaping StoreCompletion<ItemSnapshot>) {
        let known = keys[name] ?? ItemKeys(name)
        keys[name] = known
        store.inspect(known, completion: completion)
    }
}

extension Result<ItemSnapshot, StoreFailure> {
    fileprivate var isAnswer: Bool {
        switch self {
        case .success, .failure(.unknownItem): true
        case .failure: false
        }
    }
}
