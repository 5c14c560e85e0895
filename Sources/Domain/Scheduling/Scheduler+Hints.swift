public import Base

// DESIGN
// A leader leaves behind what it measured, and the next one begins with that. What it did not measure itself it passes
// on as it came: hints halved from leader to leader brought the drain down to nothing where nobody had the time to
// measure. A process that led before has a memory of its own: the newest one, where it finds its own hints; an older
// one than those of another leader; and none where it is older than hints may be.

// What one leader leaves to the next, and what an operator takes away.
extension Scheduler {
    /// What the last leader left behind, by kind and name: whoever is new begins with it, for ten seconds.
    public mutating func adopt(_ hints: [ResourceHint], now: MonotonicInstant) {
        guard hints.isEmpty || hints != written else { return }
        self.hints = Array(hints.prefix(10_000))
        hintOf = [:]
        for hint in self.hints { hintOf[hint.key] = hint.hint }
        hintsEnd = now + Limits.hintAge
        for slot in workers.indices where !workers[slot].isVacant {
            guard workers[slot].controller.mode != .dead, let hint = hint(for: .worker, workers[slot].id, now: now)
            else { continue }
            workers[slot].controller = ExecutionController(hint: hint, now: now)
            touch(slot, now: now)
        }
        for index in groups.indices where groups[index].members > 0 {
            guard let hint = hint(for: .group, groups[index].name, now: now) else { continue }
            groups[index].controller.begin(with: hint, now: now)
        }
    }

    func hint(for kind: CapacityResource.Kind, _ name: String, now: MonotonicInstant) -> CapacityHint? {
        now < hintsEnd ? hintOf[ResourceHint.key(kind, name)] : nil
    }

    /// What the next leader may begin with: what was measured here, and of others what the last leader left behind.
    public mutating func measure(now: MonotonicInstant) -> [ResourceHint] {
        var found: [ResourceHint] = []
        for worker in workers where !worker.isVacant {
            guard let hint = worker.controller.hint(now: now), ResourceHint.canName(worker.id) else { continue }
            found.append(ResourceHint(kind: .worker, name: worker.id, hint: hint))
        }
        for group in groups {
            guard let hint = group.controller.hint(now: now) else { continue }
            found.append(ResourceHint(kind: .group, name: group.name, hint: hint))
        }
        if now < hintsEnd, !hints.isEmpty {
            let known = Set(
                workers.map { ResourceHint.key(.worker, $0.id) }
                    + groups.filter { $0.members > 0 }.map { ResourceHint.key(.group, $0.name) })
            found += hints.filter { !known.contains($0.key) }
        }
        written = found
        return found
    }

    /// Nobody led from here for so long that all may be different by now.
    mutating func forgetOutdated(now: MonotonicInstant) {
        for slot in workers.indices where workers[slot].controller.hint(now: now) != nil {
            workers[slot].controller.beginAnew(because: .outdated)
            touch(slot, now: now)
        }
        for index in groups.indices where groups[index].controller.hint(now: now) != nil {
            groups[index].controller.beginAnew(because: .outdated, now: now)
        }
    }

    /// Forgets all that was learnt of workers and groups of this name, ceilings included; false where there are none.
    public mutating func reset(_ name: String, now: MonotonicInstant) -> Bool {
        var isFound = false
        for slot in workers.indices where !workers[slot].isVacant && workers[slot].id == name {
            workers[slot].controller.reset()
            touch(slot, now: now)
            isFound = true
        }
        for index in groups.indices where groups[index].name == name {
            groups[index].controller.reset(now: now)
            if groups[index].members == 0 { groups[index].controller.die() }
            isFound = true
        }
        hints.removeAll { $0.name == name }
        for kind in [CapacityResource.Kind.worker, .group] { hintOf[ResourceHint.key(kind, name)] = nil }
        return isFound
    }
}
