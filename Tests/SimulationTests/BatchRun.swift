import Base
import Domain
import TestKit

/// A worker without a sink behind one window, in virtual time: a purchase executes as long as the store's call of at
/// most a batch, of which there is one at a time. There is always work.
struct BatchRun {
    enum Event {
        case granted(Int64)
        case answered(Int64, microseconds: Int64)
        case reported(Int64, microseconds: Int64, allowance: Int64)
    }

    var time = VirtualTime<Event>()
    var window = ExecutionController()
    var link = TimeSpan.microseconds(200)  // each direction
    var callMicroseconds: Int64 = 200  // and one for each purchase
    private(set) var completed: Int64 = 0
    private(set) var most: Int64 = 0
    private var outstanding: Int64 = 0
    private var left: Int64 = 0
    private var isCalling = false
    private var granted: Int64 = 0
    private var allowance: Int64 = 0  // as the worker knows it
    private var probe: (granted: Int64, sentAt: MonotonicInstant)?

    /// Purchases a second when one full batch follows the other.
    var ideal: Double { Double(Limits.batch) * 1e6 / Double(callMicroseconds + Int64(Limits.batch)) }

    init() {}

    @discardableResult
    mutating func run(toMilliseconds end: Int64) -> Int64 {
        let before = completed
        most = window.window
        fill()
        while let event = time.next(until: MonotonicInstant(nanoseconds: end * 1_000_000)) {
            switch event {
            case .granted(let count):
                left += count
                allowance += count
                call()
            case .answered(let count, let microseconds):
                isCalling = false
                time.schedule(.reported(count, microseconds: microseconds, allowance: allowance), after: link)
                call()
            case .reported(let count, let microseconds, let allowance): report(count, microseconds, allowance)
            }
            most = max(most, window.window)
        }
        return completed - before
    }

    private mutating func call() {
        guard !isCalling, left > 0 else { return }
        isCalling = true
        let count = min(left, Int64(Limits.batch))
        left -= count
        let microseconds = callMicroseconds + count
        time.schedule(.answered(count, microseconds: microseconds), after: .microseconds(microseconds))
    }

    private mutating func report(_ count: Int64, _ microseconds: Int64, _ allowance: Int64) {
        completed += count
        outstanding -= count
        if let sent = probe, allowance >= sent.granted {
            probe = nil
            window.answered(after: time.now - sent.sentAt)
        }
        window.complete(count: count, executionSum: count * microseconds, isFull: true, now: time.now)
        fill()
    }

    private mutating func fill() {
        let count = window.window - outstanding
        guard count > 0 else { return }
        granted += count
        if probe == nil { probe = (granted, time.now) }
        outstanding += count
        time.schedule(.granted(count), after: link)
    }
}
