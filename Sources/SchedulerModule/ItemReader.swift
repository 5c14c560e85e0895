import Domain
import Store

/// Reads items, each once at a time. What is asked for while a read is under way may be newer than what that one says:
/// then the item is read once more.
final class ItemReader {
    private let store: any ItemStore
    private var keys: [ItemName: ItemKeys] = [:]
    private var underWay: [ItemName: [Question]] = [:]  // with what was asked since it began

    private struct Question {
        /// True for a snapshot that answers it, whenever it was asked for.
        let isAnswered: (ItemSnapshot) -> Bool
        let then: (Bool) -> Void
    }

    /// Nil: there is no such item.
    var onRead: (ItemName, ItemSnapshot?) -> Void = { _, _ in }

    init(store: any ItemStore) { self.store = store }

    /// Every item that was read and is there.
    var known: some Sequence<ItemName> { keys.keys }

    /// - Parameters:
    ///   - isAnswered: true for a snapshot that says all that is asked; without it, only one of a read that began no
    ///     earlier than this call does.
    ///   - then: hears whether the store answered.
    func read(
        _ name: ItemName, isAnswered: @escaping (ItemSnapshot) -> Bool = { _ in false },
        then: @escaping (Bool) -> Void = { _ in }
    ) {
        let question = Question(isAnswered: isAnswered, then: then)
        guard underWay[name] == nil else { return underWay[name]!.append(question) }
        underWay[name] = []
        inspect(name) { [unowned self] result in
            let later = underWay.removeValue(forKey: name) ?? []
            switch result {
            case .success(let snapshot): onRead(name, snapshot)
            case .failure(.unknownItem):
                keys[name] = nil
                onRead(name, nil)
            case .failure: break  // whoever asked, the sweep, or the next term, reads it
            }
            then(result.isAnswer)
            for question in later {
                if case .success(let snapshot) = result, question.isAnswered(snapshot) {
                    question.then(true)
                } else {
                    read(name, isAnswered: question.isAnswered, then: question.then)
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
