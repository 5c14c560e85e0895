/// A queue in one array whose end joins its start. Amortised O(1), nothing allocated once it has grown.
public struct Ring<Element> {
    private var slots: [Element?] = []
    private var start = 0
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }
    public var first: Element? { isEmpty ? nil : slots[start] }

    public mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[(start + count) & (slots.count - 1)] = element
        count += 1
    }

    public mutating func takeFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[start]
        slots[start] = nil
        start = (start + 1) & (slots.count - 1)
        count -= 1
        return element
    }

    private mutating func grow() {
        // A power of two, so that an index wraps by a mask.
        var wider = [Element?](repeating: nil, count: max(16, slots.count * 2))
        for index in 0..<count { wider[index] = slots[(start + index) & (slots.count - 1)] }
        slots = wider
        start = 0
    }
}
