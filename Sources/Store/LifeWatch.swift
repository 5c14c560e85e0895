import Base
import Domain
import EventLoop

// DESIGN
// `run_id` names a process of Redis, not its data: FLUSHALL does not change it. So the store holds a random name of its
// own, which the first process that misses it writes, and which every loop reads when it connects and with each probe.
// Another name, or none, where a process knew one means that the data are gone or others.

/// Notices that the store was emptied, or is another one, while this process lives. Belongs to its loop's thread.
public final class LifeWatch {
    private let loop: any Loop
    private let store: any DurabilityStore
    /// The name of the store's data as it was read last; empty before the first time.
    public private(set) var name = ""
    /// How often another one was found.
    public private(set) var changes: UInt64 = 0
    private var changedAt: MonotonicInstant?

    /// The store has other data than before, or none.
    var onChange: () -> Void = {}
    /// The store has the data that it had, as of a read behind all earlier calls.
    var onSame: () -> Void = {}

    init(loop: any Loop, store: any DurabilityStore) {
        self.loop = loop
        self.store = store
    }

    func start() {
        store.onProbed = { [weak self] found in
            if let found { _ = self?.take(found) } else { self?.check() }
        }
    }

    /// Whether other processes may not have recorded yet what they remember of the data that are gone.
    public var isUnsettled: Bool { changedAt.map { loop.now - $0 < Limits.durabilityGrace } ?? false }

    /// Reads the name now.
    ///
    /// - Parameter completion: gets whether the data are the same as before; nil where the store did not answer.
    public func check(completion: @escaping (Bool?) -> Void = { _ in }) {
        store.lifeName { [weak self] result in
            guard let self else { return }
            guard case .success(let found) = result else { return completion(nil) }
            if let found { return completion(take(found)) }
            let isSame = name.isEmpty
            if isSame { onSame() } else { change() }
            name = ""
            store.beginLife { [weak self] result in
                if case .success(let begun) = result { self?.name = begun }
                completion(isSame)
            }
        }
    }

    private func take(_ found: String) -> Bool {
        let isSame = name.isEmpty || name == found
        name = found
        if isSame { onSame() } else { change() }
        return isSame
    }

    private func change() {
        changes += 1
        changedAt = loop.now
        onChange()
    }
}
