public import Base
public import EventLoop

extension EventLoop {
    /// Runs turns until `condition` holds; false when it does not within `limit`.
    public func turns(atMost limit: TimeSpan = .seconds(20), until condition: () -> Bool) -> Bool {
        let end = Self.readMonotonicClock() + limit
        while !condition() {
            let left = end - Self.readMonotonicClock()
            guard left > .zero else { return false }
            turn(waitAtMost: left)
        }
        return true
    }
}
