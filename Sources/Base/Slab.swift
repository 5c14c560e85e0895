import CIntrinsics

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

/// A table of entries addressed by tokens. Inserting, finding and removing are O(1); removed slots are used again.
///
/// Memory of its own instead of an array: looking into an array that a class holds counts a reference to it, each time.
@safe public struct Slab<Element>: ~Copyable {
    private struct Slot {
        var element: Element?
        var generation: UInt32 = 1
    }

    private var slots = unsafe UnsafeMutableBufferPointer<Slot>(start: nil, count: 0)
    private var used = 0  // slots that ever held an entry
    private var free: [UInt32] = []
    public private(set) var count = 0

    public init() {}

    deinit {
        unsafe slots[..<used].deinitialize()
        unsafe slots.deallocate()
    }

    public mutating func insert(_ element: Element) -> Token {
        count += 1
        if let slot = free.popLast() {
            unsafe slots[Int(slot)].element = element
            return Token(slot: slot, generation: unsafe slots[Int(slot)].generation)
        }
        if unsafe used == slots.count { grow() }
        unsafe slots.initializeElement(at: used, to: Slot(element: element))
        used += 1
        return Token(slot: UInt32(used - 1), generation: 1)
    }

    private mutating func grow() {
        let larger = unsafe UnsafeMutableBufferPointer<Slot>.allocate(capacity: max(16, 2 * slots.count))
        _ = unsafe larger.moveInitialize(fromContentsOf: slots[..<used])
        unsafe slots.deallocate()
        unsafe slots = larger
    }

    /// The entry behind `token`, or nil once it was removed.
    public subscript(token: Token) -> Element? {
        guard holds(token) else { return nil }
        return unsafe slots[Int(token.slot)].element
    }

    /// The same without counting a reference: for calls that are over before the entry can be removed and its last
    /// reference goes.
    public func uncounted(_ token: Token) -> Unmanaged<Element>? where Element: AnyObject {
        guard holds(token) else { return nil }
        let slot = unsafe UnsafeRawPointer(slots.baseAddress.unsafelyUnwrapped + Int(token.slot))
        return unsafe slot.load(as: Unmanaged<Element>?.self)
    }

    @inline(__always)
    private func holds(_ token: Token) -> Bool {
        unsafe Int(token.slot) < used && slots[Int(token.slot)].generation == token.generation
    }

    /// Has the object behind `token` fetched from memory while other work goes on; its first `lines` cache lines.
    ///
    /// For entries that are references: with thousands of them, an object is rarely in a cache when it is needed.
    @inline(__always)
    public func prefetch(_ token: Token, lines: Int) {
        guard Int(token.slot) < used else { return }
        // Only a number is read: a reference would be counted, and counting reads the object.
        let object = unsafe UnsafeRawPointer(slots.baseAddress.unsafelyUnwrapped + Int(token.slot)).load(as: UInt.self)
        for line in 0..<UInt(lines) { unsafe cintrinsics_prefetch(UnsafeRawPointer(bitPattern: object &+ 64 &* line)) }
    }

    /// Replaces the entry behind `token`; false when it is gone.
    @discardableResult
    public mutating func update(_ token: Token, to element: Element) -> Bool {
        guard self[token] != nil else { return false }
        unsafe slots[Int(token.slot)].element = element
        return true
    }

    @discardableResult
    public mutating func remove(_ token: Token) -> Element? {
        guard let element = self[token] else { return nil }
        unsafe slots[Int(token.slot)].element = nil
        unsafe slots[Int(token.slot)].generation &+= 1
        free.append(token.slot)
        count -= 1
        return element
    }

    /// Calls `body` for each entry, in order of slot.
    public func forEach(_ body: (Token, Element) -> Void) {
        for index in 0..<used {
            if let element = unsafe slots[index].element {
                body(Token(slot: UInt32(index), generation: unsafe slots[index].generation), element)
            }
        }
    }
}
