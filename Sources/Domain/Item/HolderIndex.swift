/// The users who may hold a ticket of an item, as 32-bit keyed hashes. After the end, users who are not in it are
/// refused from memory, and only for the others the store is read. 8 to 16 bytes a purchase; one false positive in 2^32
/// / n.
public struct HolderIndex: Sendable {
    private var table: [UInt32] = []
    private var used = 0
    private var hasZero = false
    /// Purchases read from the store so far; the next read begins at four times so many bytes.
    public private(set) var count = 0

    public init() {}

    /// Adds the tags of a slice as the store keeps them: 4 bytes each, most significant first. Bytes of a tag that is
    /// cut off at the end are ignored.
    public mutating func append(_ slice: [UInt8]) {
        let added = slice.count / 4
        count += added
        reserve(used + added)
        for index in 0..<added {
            let at = 4 * index
            insert(
                UInt32(slice[at]) << 24 | UInt32(slice[at + 1]) << 16 | UInt32(slice[at + 2]) << 8
                    | UInt32(slice[at + 3]))
        }
    }

    public func mayContain(_ tag: UInt32) -> Bool {
        if tag == 0 { return hasZero }
        guard !table.isEmpty else { return false }
        var slot = Int(tag) & (table.count - 1)
        while table[slot] != 0 {
            if table[slot] == tag { return true }
            slot = (slot + 1) & (table.count - 1)
        }
        return false
    }

    private mutating func insert(_ tag: UInt32) {
        if tag == 0 {
            hasZero = true
            return
        }
        var slot = Int(tag) & (table.count - 1)
        while table[slot] != 0 {
            if table[slot] == tag { return }
            slot = (slot + 1) & (table.count - 1)
        }
        table[slot] = tag
        used += 1
        assert(used * 2 <= table.count && used <= count, "a search must find an empty slot")
    }

    private mutating func reserve(_ wanted: Int) {
        guard wanted * 2 > table.count else { return }
        var capacity = max(64, table.count)  // a power of two
        while capacity < wanted * 2 { capacity *= 2 }
        let old = table
        table = [UInt32](repeating: 0, count: capacity)
        used = 0
        for tag in old where tag != 0 { insert(tag) }
    }
}
