import Domain

// DESIGN
// A purchase whose workers were lost twice may be what ended them. From then on the store hands it out in groups of 16,
// then 4, then 1, and only to a worker that holds nothing else: so the fifth worker that is lost held it alone, and no
// purchase ends in doubt because it was beside another. This is the worker's half of it: it lets end what it holds,
// asks alone, and takes nothing more until that has ended or awaits a retry.

/// Keeps purchases that may end their worker apart from all others.
struct Quarantine: Equatable {
    enum Permission: Equatable {
        case all, nothing
        /// Of this item alone, and nothing else until it is answered.
        case only(ItemIncarnation)
    }

    /// Nothing is taken before the worker holds nothing.
    private(set) var isClosed = false
    /// To be asked for then.
    private var item: ItemIncarnation?

    /// What may be asked of the store now.
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

    /// What is next of this item wants a worker that holds nothing else.
    mutating func close(for item: ItemIncarnation) {
        isClosed = true
        self.item = self.item ?? item
    }

    /// The call made alone was answered.
    mutating func taken(hasSuspects: Bool) { isClosed = hasSuspects }
}
