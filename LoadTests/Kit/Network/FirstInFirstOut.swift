/// A line: what was appended first is taken first. Amortised O(1).
struct FirstInFirstOut<Element> {
    private var front: [Element] = []  // last is next
    private var back: [Element] = []

    var isEmpty: Bool { front.isEmpty && back.isEmpty }

    mutating func append(_ element: Element) { back.append(element) }

    mutating func takeFirst() -> Element? {
        if front.isEmpty {
            front = back.reversed()
            back.removeAll(keepingCapacity: true)
        }
        return front.popLast()
    }
}
