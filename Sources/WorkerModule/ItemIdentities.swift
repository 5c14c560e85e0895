import Base
import Domain
import EventLoop

/// Looks items up for whoever must know their incarnation, and remembers them for a moment.
///
/// An item that was made anew (its store had lost everything) has another incarnation; until the next look its
/// purchases carry the former one, so whoever uses it must bear that and call `forget` when it shows.
final class ItemIdentities {
    typealias Read = (ItemName, @escaping (ItemIdentity?) -> Void) -> Void

    private let loop: EventLoop
    private var known: [ItemName: (identity: ItemIdentity, readAt: MonotonicInstant)] = [:]
    private var waiting: [ItemName: [(ItemIdentity) -> Void]] = [:]
    /// Asks the store; nil when it has no answer now.
    var read: Read = { _, _ in }

    init(loop: EventLoop) { self.loop = loop }

    /// Calls `completion` with the item's identity: at once where it is known, else when the store has said it, which
    /// is asked for as long as it takes.
    func find(_ item: ItemName, completion: @escaping (ItemIdentity) -> Void) {
        if let (identity, readAt) = known[item], loop.now - readAt < Limits.itemIdentityAge {
            return completion(identity)
        }
        if waiting[item] != nil {
            waiting[item]?.append(completion)
        } else {
            waiting[item] = [completion]
            ask(item)
        }
    }

    /// Has the item read afresh at the next `find`.
    func forget(_ item: ItemName) { known[item] = nil }

    private func ask(_ item: ItemName) {
        read(item) { [weak self] identity in
            guard let self else { return }
            guard let identity else {
                loop.schedule(after: Limits.failedItemRests) { [weak self] in self?.ask(item) }
                return
            }
            known[item] = (identity, loop.now)
            for completion in waiting.removeValue(forKey: item) ?? [] { completion(identity) }
        }
    }
}
