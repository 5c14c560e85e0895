import Base

/// What the last leader measured, for workers and groups that are not measured here yet; and what this process wrote.
struct HintMemory: Sendable {
    private static let most = 10_000

    private var hints: [ResourceHint] = []
    private var hintOfKey: [String: CapacityHint] = [:]
    private var end = MonotonicInstant(nanoseconds: 0)
    private var written: [ResourceHint] = []

    /// - Returns: false where the hints are this process's own; nothing is adopted then.
    mutating func adopt(_ hints: [ResourceHint], now: MonotonicInstant) -> Bool {
        guard hints.isEmpty || hints != written else { return false }
        self.hints = Array(hints.prefix(Self.most))
        hintOfKey = [:]
        for hint in self.hints { hintOfKey[hint.key] = hint.hint }
        end = now + Limits.hintAge
        return true
    }

    func hint(for kind: CapacityResource.Kind, _ name: String, now: MonotonicInstant) -> CapacityHint? {
        now < end ? hintOfKey[ResourceHint.key(kind, name)] : nil
    }

    /// The hints for the next leader: what was measured here, and of all others what the last leader measured.
    ///
    /// - Parameter known: keys of all workers and groups that are here, measured or not.
    mutating func write(measured: [ResourceHint], known: @autoclosure () -> Set<String>, now: MonotonicInstant)
        -> [ResourceHint]
    {
        written = measured
        if now < end, !hints.isEmpty {
            let known = known()
            written += hints.filter { !known.contains($0.key) }
        }
        return written
    }

    mutating func forget(_ name: String) {
        hints.removeAll { $0.name == name }
        for kind in [CapacityResource.Kind.worker, .group] { hintOfKey[ResourceHint.key(kind, name)] = nil }
    }
}
