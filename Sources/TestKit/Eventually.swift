public import Base
import Glibc

/// Waits until a condition of another process holds, checking again every `every`.
///
/// - Returns: whether it held before the time was over; checked at least once, and once more at the end.
public func eventually(
    within span: TimeSpan, every interval: TimeSpan = .milliseconds(2), _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = Deadline(within: span)
    while true {
        if try condition() { return true }
        if deadline.isPast { return false }
        usleep(UInt32(clamping: interval.wholeMicroseconds))
    }
}

/// Runs `body` and says how long it took.
public func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, took: TimeSpan) {
    let start = MonotonicInstant.now
    let value = try body()
    return (value, .now - start)
}
