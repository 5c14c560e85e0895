/// Does one step for each of many elements, a bounded number of them at once, beginning in their order.
///
/// For loops that make a call for each item there is: 100,000 calls sent at once would be refused by our own bounds,
/// and the refusals would be lost. Confined to one thread; it keeps itself alive until the last step is done.
public final class Lanes<Element> {
    private var remaining: ArraySlice<Element>
    private var underWay = 0
    private var isBeginning = false
    private let most: Int
    private let step: (Element, @escaping () -> Void) -> Void
    private let completion: () -> Void

    /// - Parameters:
    ///   - step: begins one element, and calls its second argument once, when that element is done, at once or later.
    ///   - completion: called once, when all are done; in this call where no step took time.
    public static func run(
        _ elements: [Element], atOnce most: Int, step: @escaping (Element, @escaping () -> Void) -> Void,
        completion: @escaping () -> Void = {}
    ) {
        Lanes(elements, most, step, completion).begin()
    }

    /// The same until a step fails: none begins after that.
    ///
    /// - Parameters:
    ///   - step: reports with its second argument whether the element succeeded.
    ///   - completion: called once, when no step is under way any more, with whether all succeeded.
    public static func runUntilFailure(
        _ elements: [Element], atOnce most: Int, step: @escaping (Element, @escaping (Bool) -> Void) -> Void,
        completion: @escaping (Bool) -> Void
    ) {
        var hasFailed = false
        run(elements, atOnce: most) { element, done in
            guard !hasFailed else { return done() }
            step(element) { succeeded in
                if !succeeded { hasFailed = true }
                done()
            }
        } completion: {
            completion(!hasFailed)
        }
    }

    private init(
        _ elements: [Element], _ most: Int, _ step: @escaping (Element, @escaping () -> Void) -> Void,
        _ completion: @escaping () -> Void
    ) {
        precondition(most > 0, "nothing would be done")
        remaining = elements[...]
        self.most = most
        self.step = step
        self.completion = completion
    }

    private func begin() {
        guard !isBeginning else { return }  // a step that was done at once: the loop below goes on
        isBeginning = true
        while underWay < most, let element = remaining.popFirst() {
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
