/// Does something with each of many, a bounded number of them side by side. It ends with the first that fails.
final class AllOf<Element> {
    private var rest: ArraySlice<Element>
    private let atOnce: Int
    private let body: (Element, @escaping (Bool) -> Void) -> Void
    private var underWay = 0
    private var hasFailed = false
    private var completion: ((Bool) -> Void)?

    init(_ elements: [Element], atOnce: Int, _ body: @escaping (Element, @escaping (Bool) -> Void) -> Void) {
        rest = elements[...]
        self.atOnce = atOnce
        self.body = body
    }

    /// Calls `completion` once, when all are done or one has failed and none is under way; in this call where there is
    /// nothing to do.
    func run(_ completion: @escaping (Bool) -> Void) {
        self.completion = completion
        proceed()
    }

    private func proceed() {
        while !hasFailed, underWay < atOnce, let element = rest.popFirst() {
            underWay += 1
            body(element) { [self] isDone in
                underWay -= 1
                if !isDone { hasFailed = true }
                proceed()
            }
        }
        guard underWay == 0, hasFailed || rest.isEmpty else { return }
        let call = completion
        completion = nil
        call?(!hasFailed)
    }
}
