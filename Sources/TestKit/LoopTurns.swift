public import Base
public import EventLoop

extension EventLoop {
    /// Runs turns until `condition` holds; false when it does not within `limit`.
    public func turns(atMost limit: TimeSpan = .seconds(20), until condition: () -> Bool) -> Bool {
        let end = Self.readMonotonicClock() + limit
        while !condition() {
            let rest = end - Self.readMonotonicClock()
            guard rest > .zero else { return false }
            turn(waitAtMost: rest)
        }
        return true
    }
}
