public import Base

/// Decides which lines of a flood are written: at most ten in any second, and one of them counts those that were not.
///
/// A window that slides: a line is written when the tenth before it is at least a second old.
public struct LogLimiter: Sendable {
    public static let linesPerSecond = 10

    public enum Verdict: Sendable, Equatable {
        case write
        case drop
        /// First write a line that reports `dropped` events, then the event where `writesEvent`.
        case report(dropped: UInt64, writesEvent: Bool)
    }

    private var times: [MonotonicInstant] = []  // of the last lines written, oldest first
    private var dropped: UInt64 = 0

    public init() {}

    /// Counts one event at `now` and returns what to write.
    public mutating func admit(now: MonotonicInstant) -> Verdict {
        let room = room(now: now)
        guard room > 0 else {
            dropped += 1
            return .drop
        }
        record(now)
        guard dropped > 0 else { return .write }
        let report = dropped
        dropped = room > 1 ? 0 : 1
        if room > 1 { record(now) }
        return .report(dropped: report, writesEvent: room > 1)
    }

    /// How many dropped events to report now, where there are any and a line is free; for when no event follows a
    /// flood.
    public mutating func takeReport(now: MonotonicInstant) -> UInt64? {
        guard dropped > 0, room(now: now) > 0 else { return nil }
        record(now)
        defer { dropped = 0 }
        return dropped
    }

    private mutating func room(now: MonotonicInstant) -> Int {
        times.removeAll { now - $0 >= .seconds(1) }
        return Self.linesPerSecond - times.count
    }

    private mutating func record(_ now: MonotonicInstant) { times.append(now) }
}
