public import Base
import Foundation

/// A value shared by threads, with waiting for a change of it.
///
/// `@unchecked` because the value is only ever touched with the condition's lock held.
public final class Guarded<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value

    public init(_ value: Value) { self.value = value }

    /// Runs `body` alone, then wakes the threads that wait.
    @discardableResult
    public func change<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&value)
    }

    public var current: Value { change { $0 } }

    /// Waits until `pick` finds something in the value; nil when the time is over first.
    public func wait<Found>(within span: TimeSpan, for pick: (inout Value) -> Found?) -> Found? {
        let end = Date(timeIntervalSinceNow: Double(span.nanoseconds) / 1e9)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let found = pick(&value) { return found }
            guard condition.wait(until: end) else { return pick(&value) }
        }
    }
}
