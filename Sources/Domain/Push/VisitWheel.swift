public import Base

// DESIGN
// Each open stream is looked at now and then: for its place in the queue, and so that no proxy takes it for dead. A
// timer each in the loop's heap would cost a closure and some hundred bytes; here a visit is eight bytes in the slot of
// its time. A wheel of 512 slots of 50 ms; a visit further away is made at the wheel's end, and makes itself again.

/// When open requests are to be looked at, to 50 ms. Never early.
public struct VisitWheel: Sendable {
    public static let grain = TimeSpan.milliseconds(50)
    private static let slots: Int64 = 512
    /// The furthest visit.
    public static let horizon = TimeSpan.milliseconds(50 * (slots - 2))

    private var slots = [[Token]](repeating: [], count: Int(VisitWheel.slots))
    private var turned: Int64  // the slots up to this one were handed out; counted from the clock's zero
    public private(set) var count = 0

    public init(now: MonotonicInstant) { turned = Self.slot(of: now) }

    public var isEmpty: Bool { count == 0 }

    /// Adds a visit at `time`, or at the horizon where that comes first.
    public mutating func add(_ request: Token, at time: MonotonicInstant, now: MonotonicInstant) {
        if isEmpty { turned = max(turned, Self.slot(of: now)) }
        let slot = min(Self.slot(of: time) + 1, turned + Self.slots - 1)
        slots[Int(max(slot, turned + 1) % Self.slots)].append(request)
        count += 1
    }

    /// Appends the visits whose time has come to `due`, the earliest first.
    public mutating func turn(to now: MonotonicInstant, into due: inout [Token]) {
        let target = Self.slot(of: now)
        guard !isEmpty else {
            turned = max(turned, target)
            return
        }
        let end = min(target, turned + Self.slots)
        while turned < end {
            turned += 1
            let index = Int(turned % Self.slots)
            guard !slots[index].isEmpty else { continue }
            count -= slots[index].count
            due += slots[index]
            slots[index] = []
        }
        turned = max(turned, target)
    }

    /// When to turn next; nil while nothing waits.
    public func nextTurn(now: MonotonicInstant) -> MonotonicInstant? { isEmpty ? nil : now + Self.grain }

    private static func slot(of time: MonotonicInstant) -> Int64 { time.nanoseconds / grain.nanoseconds }
}
