import Base
import EventLoop

/// Has a sink look now and then at what it got no answer for, so that it leaves for doubt soon after its time: four
/// times within that, at least every second and at most every 10 ms.
final class OverdueWatch {
    private let loop: any Loop
    private let period: TimeSpan
    private var isWatching = false

    /// Ends what is overdue; false when nothing is left that could become so. Set before the first `begin`.
    var look: () -> Bool = { false }

    init(loop: any Loop, inDoubtAfter: TimeSpan) {
        self.loop = loop
        period = min(.seconds(1), max(.milliseconds(10), .nanoseconds(inDoubtAfter.nanoseconds / 4)))
    }

    /// Looks from now on, until nothing is left.
    func begin() {
        guard !isWatching else { return }
        isWatching = true
        loop.schedule(after: period) { [unowned self] in
            isWatching = false
            if look() { begin() }
        }
    }
}
