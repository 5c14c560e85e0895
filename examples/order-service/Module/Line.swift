/// First in, first out; the memory of what was taken is given back now and then. Amortised O(1).
struct Line<Element> {
    private var elements: [Element] = []
    private var taken = 0

    var count: Int { elements.count - taken }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard taken < elements.count else { return nil }
        defer {
            taken += 1
            if taken > 1_024, 2 * taken > elements.count {
                elements.removeFirst(taken)
                taken = 0
            }
        }
        return elements[taken]
    }

    /// The `index`-th from the front, nil past the end.
    subscript(index: Int) -> Element? { index >= 0 && index < count ? elements[taken + index] : nil }
}

extension Line: Sendable where Element: Sendable {}
