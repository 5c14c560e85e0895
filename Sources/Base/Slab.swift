/// The address of one entry of a `Slab`: a slot and the generation that was put there.
///
/// A token that outlives its entry finds nothing, even after the slot was given to another entry.
public struct Token: Sendable, Hashable {
    public let slot: UInt32
    public let generation: UInt32

    public init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// The 64-bit form that fits where the kernel keeps one word for us.
    public init(packed: UInt64) {
        self.init(slot: UInt32(truncatingIfNeeded: packed), generation: UInt32(truncatingIfNeeded: packed >> 32))
    }

    public var packed: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// A table of entries addressed by tokens. Insert, look-up and removal are O(1); removed slots are used again.
public struct Slab<Element> {
    private struct Slot {
        var generation: UInt32
        var element: Element?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []
    public private(set) var count = 0

    public init() {}

    public mutating func insert(_ element: Element) -> Token {
        count += 1
        if let slot = free.popLast() {
            slots[Int(slot)].element = element
            return Token(slot: slot, generation: slots[Int(slot)].generation)
        }
        slots.append(Slot(generation: 1, element: element))
        return Token(slot: UInt32(slots.count - 1), generation: 1)
    }

    /// The entry behind `token`, or nil once it was removed.
    public subscript(token: Token) -> Element? {
        guard Int(token.slot) < slots.count, slots[Int(token.slot)].generation == token.generation else { return nil }
        return slots[Int(token.slot)].element
    }

    /// Replaces the entry behind `token`; false when it is gone.
    @discardableResult
    public mutating func update(_ token: Token, to element: Element) -> Bool {
        guard self[token] != nil else { return false }
        slots[Int(token.slot)].element = element
        return true
    }

    @discardableResult
    public mutating func remove(_ token: Token) -> Element? {
        guard let element = self[token] else { return nil }
        slots[Int(token.slot)].element = nil
        slots[Int(token.slot)].generation &+= 1
        free.append(token.slot)
        count -= 1
        return element
    }

    /// Calls `body` for each entry, in order of slot.
    public func forEach(_ body: (Token, Element) -> Void) {
        for (index, slot) in slots.enumerated() {
            if let element = slot.element {
                body(Token(slot: UInt32(index), generation: slot.generation), element)
            }
        }
    }
}
