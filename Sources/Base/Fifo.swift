/// Elements in the order in which they came. Adding and taking cost O(1), amortised.
public struct Fifo<Element> {
    private var elements: [Element?] = []
    private var taken = 0

    public init() {}

    public var count: Int { elements.count - taken }
    public var isEmpty: Bool { count == 0 }

    /// The oldest; may be changed in place.
    public var first: Element? {
        get { isEmpty ? nil : elements[taken] }
        set {
            precondition(!isEmpty && newValue != nil, "only an element that is there is changed")
            elements[taken] = newValue
        }
    }

    /// The newest; may be changed in place.
    public var last: Element? {
        get { isEmpty ? nil : elements[elements.count - 1] }
        set {
            precondition(!isEmpty && newValue != nil, "only an element that is there is changed")
            elements[elements.count - 1] = newValue
        }
    }

    public mutating func append(_ element: Element) { elements.append(element) }

    /// The oldest, removed.
    public mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[taken]
        elements[taken] = nil
        taken += 1
        if taken >= 64, taken * 2 >= elements.count {
            elements.removeFirst(taken)
            taken = 0
        }
        return element
    }

    /// The newest, removed.
    public mutating func popLast() -> Element? {
        guard !isEmpty else { return nil }
        return elements.removeLast()
    }
}

extension Fifo: Sendable where Element: Sendable {}
