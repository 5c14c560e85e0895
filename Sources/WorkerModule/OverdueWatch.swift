import Base
import EventLoop

/// Has a sink check now and then what it got no answer for, so that a purchase is in doubt soon after its time: four
/// times within that time, at least every second and at most every 10 ms.
final class OverdueWatch {
    private let loop: any Loop
    private let period: TimeSpan
    private var isScheduled = false

    /// Ends what is overdue; false when nothing is left that could become so. Set before the first `begin`.
    var onDue: () -> Bool = { false }

    init(loop: any Loop, inDoubtAfter: TimeSpan) {
        self.loop = loop
        period = min(.seconds(1), max(.milliseconds(10), .nanoseconds(inDoubtAfter.nanoseconds / 4)))
    }

    /// Checks from now on, until nothing is left.
    func begin() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.schedule(after: period) { [unowned self] in
            isScheduled = false
            if onDue() { begin() }
        }
    }
}
