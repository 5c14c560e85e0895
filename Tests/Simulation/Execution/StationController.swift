import Base
import Domain

/// The `ExecutionController` of one station, as the scheduler uses it.
final class StationController {
    private var controller = ExecutionController()
    // Read far more often than they change.
    private(set) var window: Int
    private(set) var prefetch = 0
    private(set) var isStarting = true
    private var isFull = false

    init() { window = Int(controller.window) }

    /// Time until the pace lets a purchase out; zero: now.
    func wait(now: MonotonicInstant) -> TimeSpan {
        guard controller.tokens(now: now) == 0 else { return .zero }
        isFull = true  // held back by the pace
        return max(.nanoseconds(1), controller.wait)
    }

    /// A purchase goes out; `inFlight` with it.
    func sent(inFlight: Int, now: MonotonicInstant) {
        controller.sent(1, now: now)
        isFull = inFlight >= window
    }

    /// One came back; `inFlight` without it.
    ///
    /// - Parameter execution: in its slot, as the station measured it.
    func finished(execution: TimeSpan, inFlight: Int, now: MonotonicInstant) {
        let time = execution.wholeMicroseconds
        controller.complete(
            count: 1, executionSum: time, times: [time], isFull: isFull || inFlight + 1 >= window, now: now)
        isFull = false
        window = Int(controller.window)
        prefetch = Int(controller.prefetch)
        if case .start = controller.mode { isStarting = true } else { isStarting = false }
    }
}
