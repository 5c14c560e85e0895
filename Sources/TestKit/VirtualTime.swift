public import Base

/// The clock of a simulation: events in the order of their time, those of one instant in the order of their making.
///
/// Scheduling and taking cost O(log n). Nothing here reads a clock, so a run replays bit for bit. Inlinable, since
/// simulations of minutes make millions of events.
public struct VirtualTime<Event> {
    @usableFromInline var agenda = Agenda<Event>()
    @usableFromInline var time = MonotonicInstant(nanoseconds: 0)
    @inlinable public var now: MonotonicInstant { time }

    @inlinable public init() {}

    @inlinable public mutating func schedule(_ event: Event, after delay: TimeSpan) {
        agenda.add(event, at: MonotonicInstant(nanoseconds: now.nanoseconds + max(0, delay.nanoseconds)))
    }

    /// The next event at or before `end`, with the clock put to its time; else nil, the clock at `end`.
    @inlinable public mutating func next(until end: MonotonicInstant) -> Event? {
        guard let due = agenda.takeDue(end) else {
            time = max(time, end)
            return nil
        }
        time = due.time
        return due.event
    }
}
