import Base

/// What the last leader left behind, for whoever is not measured here yet; and what this one left behind itself.
struct HintMemory: Sendable {
    private static let most = 10_000

    private var hints: [ResourceHint] = []
    private var hintOfKey: [String: CapacityHint] = [:]
    private var end = MonotonicInstant(nanoseconds: 0)
    private var written: [ResourceHint] = []

    /// - Returns: false, and nothing is adopted, where they are this process's own.
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

    /// What the next leader may begin with: what was measured here, and of others what the last leader left behind.
    ///
    /// - Parameter known: keys of all that is here, measured or not.
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
