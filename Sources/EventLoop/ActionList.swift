/// Actions that run once each, in order; those that are added by one of them as well.
struct ActionList {
    private var actions: [() -> Void] = []
    private var done = 0

    var isEmpty: Bool { actions.isEmpty }

    mutating func append(_ action: @escaping () -> Void) { actions.append(action) }

    /// The next one to run; nil, and an empty list, after the last.
    mutating func next() -> (() -> Void)? {
        guard done < actions.count else {
            actions.removeAll(keepingCapacity: true)
            done = 0
            return nil
        }
        defer { done += 1 }
        return actions[done]
    }
}
