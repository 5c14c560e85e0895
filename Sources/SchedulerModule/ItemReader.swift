import Domain
import Store

/// Reads items, each once at a time. What is asked for while a read is under way may be newer than what that one says:
/// then the item is read once more.
final class ItemReader {
    private let store: Store
    private var keys: [ItemName: ItemKeys] = [:]
    private var underWay: [ItemName: Bool] = [:]  // true: to be read once more after that

    /// Nil: there is no such item.
    var onRead: (ItemName, ItemSnapshot?) -> Void = { _, _ in }

    init(store: Store) { self.store = store }

    /// Every item that was ever read.
    var known: some Sequence<ItemName> { keys.keys }

    func read(_ name: ItemName) {
        guard underWay[name] == nil else { return underWay[name] = true }
        underWay[name] = false
        inspect(name) { [unowned self] result in
            let isAskedAgain = underWay.removeValue(forKey: name) == true
            switch result {
            case .success(let snapshot): onRead(name, snapshot)
            case .failure(.unknownItem): onRead(name, nil)
            case .failure: break  // the sweep, or the next term, reads it
            }
            if isAskedAgain { read(name) }
        }
    }

    func inspect(_ name: ItemName, completion: @escaping StoreCompletion<ItemSnapshot>) {
        let known = keys[name] ?? ItemKeys(name)
        keys[name] = known
        store.inspect(known, completion: completion)
    }
}
