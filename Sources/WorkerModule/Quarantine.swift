import Domain

// DESIGN
// A purchase whose workers were lost twice may be what ended them. From then on the store hands it out in groups of 16,
// then 4, then 1, and only to a worker that holds nothing else: so the fifth worker that is lost held it alone, and no
// purchase ends in doubt because it was beside another. This is the worker's part: it finishes what it holds, takes
// that group alone, and takes nothing more until the group has ended or awaits a retry.

/// Keeps purchases that may end their worker apart from all others.
struct Quarantine: Equatable {
    enum Permission: Equatable {
        case all, nothing
        /// Of this item alone, and nothing else until it is answered.
        case only(ItemIncarnation)
    }

    /// Nothing is taken before the worker holds nothing.
    private(set) var isClosed = false
    /// Whose purchases are to be taken then.
    private var item: ItemIncarnation?

    /// What may be taken from the store now.
    mutating func permission(isIdle: Bool) -> Permission {
        guard isClosed else { return .all }
        guard isIdle else { return .nothing }
        guard let item else {
            isClosed = false
            return .all
        }
        self.item = nil
        return .only(item)
    }

    /// The next purchase of this item needs a worker that holds nothing else.
    mutating func close(for item: ItemIncarnation) {
        isClosed = true
        self.item = self.item ?? item
    }

    /// The call made alone was answered.
    mutating func taken(hasSuspects: Bool) { isClosed = hasSuspects }
}
