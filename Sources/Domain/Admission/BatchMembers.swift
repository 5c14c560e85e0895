/// The users of one batch: purchases of one incarnation of an item, at most `limit`, no user twice, since two purchases
/// of one user must not be in one call to the store.
struct BatchMembers: Sendable {
    private(set) var incarnation: UInt64 = 0
    private(set) var count = 0
    private var table: [UInt64] = []  // tags by open addressing, 0 where there is none
    private let limit: Int

    init(limit: Int) {
        precondition((1...Limits.batch).contains(limit))
        self.limit = limit
    }

    /// Begins an empty batch anew.
    mutating func begin(incarnation: UInt64) {
        self.incarnation = incarnation
        if table.isEmpty {
            table = [UInt64](repeating: 0, count: 2 * Limits.batch)
        } else {
            for slot in table.indices { table[slot] = 0 }
        }
        count = 0
    }

    /// Gives the memory back.
    mutating func release() { (table, count) = ([], 0) }

    /// Adds a user.
    ///
    /// - Returns: the index of the purchase; nil where the batch is full, is of another incarnation or has the user
    ///   already.
    mutating func add(userTag: UInt64, incarnation: UInt64) -> Int? {
        guard count < limit, incarnation == self.incarnation else { return nil }
        let tag = userTag == 0 ? 1 : userTag
        var slot = Int(truncatingIfNeeded: tag) & (table.count - 1)
        while table[slot] != 0 {
            if table[slot] == tag { return nil }
            slot = (slot + 1) & (table.count - 1)
        }
        table[slot] = tag
        count += 1
        assert(count <= limit && 2 * count <= table.count, "a search must find an empty slot")
        return count - 1
    }
}
