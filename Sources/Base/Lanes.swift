/// Does one step for each of many elements, a bounded number of them at once, beginning in their order.
///
/// For loops that make a call for each item there is: sent all at once, 100,000 calls would be refused by our own
/// bounds, and the refusals lost. Confined to one thread; it keeps itself alive until the last step is done.
public final class Lanes<Element> {
    private var rest: ArraySlice<Element>
    private var underWay = 0
    private var isBeginning = false
    private let most: Int
    private let step: (Element, @escaping () -> Void) -> Void
    private let completion: () -> Void

    /// - Parameters:
    ///   - step: begins one, and calls what it is given once that one is done, at once or later.
    ///   - completion: called once, when all are done.
    public static func run(
        _ elements: [Element], atOnce most: Int, step: @escaping (Element, @escaping () -> Void) -> Void,
        completion: @escaping () -> Void = {}
    ) {
        Lanes(elements, most, step, completion).begin()
    }

    private init(
        _ elements: [Element], _ most: Int, _ step: @escaping (Element, @escaping () -> Void) -> Void,
        _ completion: @escaping () -> Void
    ) {
        precondition(most > 0, "nothing would be done")
        rest = elements[...]
        self.most = most
        self.step = step
        self.completion = completion
    }

    private func begin() {
        guard !isBeginning else { return }  // a step that was done at once: the loop below goes on
        isBeginning = true
        while underWay < most, let element = rest.popFirst() {
            underWay += 1
            step(element) { [self] in
                underWay -= 1
                begin()
            }
        }
        isBeginning = false
        if underWay == 0 { completion() }
    }
}
