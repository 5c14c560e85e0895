import Base
import Domain
import EventLoop
import Store

/// Deletes items that have ended and whose archives, of what they are now, are old enough.
///
/// Every queue process with a retention does so: the script decides, and the second one finds nothing.
final class RetentionKeeper {
    private let parts: EndpointParts
    private let age: TimeSpan
    private(set) var deleted: Int64 = 0
    /// A pass over all items has ended.
    var onPassed: () -> Void = {}

    /// - Parameter age: of an archive.
    init(_ parts: EndpointParts, age: TimeSpan) { (self.parts, self.age) = (parts, age) }

    func start() { later() }

    private func later() {
        parts.loop.schedule(after: Limits.retentionPass) { [weak self] in self?.pass() }
    }

    func pass() { next("0") }

    private func next(_ cursor: String) {
        parts.store.someItemNames(from: cursor) { [weak self] result in
            guard let self else { return }
            // unheard: what could not be read is looked at in the next pass
            guard case .success(let (names, next)) = result else { return passed() }
            look(at: names[...], then: next)
        }
    }

    private func look(at names: ArraySlice<ItemName>, then cursor: String) {
        guard let name = names.first else { return cursor == "0" ? passed() : next(cursor) }
        let rest = names.dropFirst()
        let keys = ItemKeys(name)
        parts.store.inspect(keys) { [weak self] result in
            guard let self else { return }
            guard case .success(let snapshot) = result, snapshot.isOver else { return look(at: rest, then: cursor) }
            let item = ItemReference(keys, incarnation: snapshot.incarnation)
            parts.store.delete(item, isForced: false, archivedFor: age) { [weak self] result in
                guard let self else { return }
                if case .success(.deleted) = result { report(name, snapshot.counters) }
                look(at: rest, then: cursor)
            }
        }
    }

    private func report(_ name: ItemName, _ counters: ItemCounters) {
        deleted += 1
        parts.audit(
            AuditEntry(
                action: "delete", item: name.description, who: "retention", peer: "", before: "",
                after: "forced=false sold=\(counters.sold) held=0 waiting=0"))
    }

    private func passed() {
        onPassed()
        later()
    }
}
