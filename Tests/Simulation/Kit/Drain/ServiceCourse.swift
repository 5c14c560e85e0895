public import Base

/// What a service becomes at a time, at once or over a while.
public struct ServiceChange: Sendable, Equatable {
    public var at: TimeSpan
    public var mean: TimeSpan  // of one call
    public var slots: Int
    public var ramp = TimeSpan.zero

    public init(at: TimeSpan, mean: TimeSpan, slots: Int, ramp: TimeSpan = .zero) {
        (self.at, self.mean, self.slots, self.ramp) = (at, mean, slots, ramp)
    }
}

// DESIGN
// A service works at a speed, which changes also for the calls that are in it, and is none in a pause. So a call that
// begins earlier never ends later than it would have, and no feeder beats one that begins every call as soon as it can:
// that is what makes the ideal of `IdealRun` an ideal.

/// How fast each slot of a service works, and how many there are, over the time of a run.
public struct ServiceCourse: Sendable {
    private struct Point {
        var from: Int64  // nanoseconds
        var mean: Double  // nanoseconds of a call
        var slots: Int
        var isPaused = false
        var speed: Double { isPaused ? 0 : 1 / mean }
    }

    private static let rampSteps = 16

    private let points: [Point]
    public let mostSlots: Int

    /// - Parameters:
    ///   - changes: in order of time; a ramp ends before the next change.
    ///   - pauses: in which nothing goes on.
    public init(
        mean: TimeSpan, slots: Int, changes: [ServiceChange] = [], pauses: [(from: TimeSpan, length: TimeSpan)] = []
    ) {
        var points = [Point(from: 0, mean: Double(mean.nanoseconds), slots: slots)]
        for change in changes { Self.add(change, to: &points) }
        for pause in pauses { points = Self.pausing(points, pause.from, pause.from + pause.length) }
        precondition(zip(points, points.dropFirst()).allSatisfy { $0.from <= $1.from }, "the changes are out of order")
        precondition(points.allSatisfy { $0.mean >= 1 && $0.slots > 0 } && !points[points.count - 1].isPaused)
        self.points = points
        mostSlots = points.map(\.slots).max()!
    }

    private static func add(_ change: ServiceChange, to points: inout [Point]) {
        let before = points[points.count - 1]
        let target = Double(change.mean.nanoseconds)
        let steps = change.ramp == .zero ? 1 : rampSteps
        for step in 1...steps {
            let share = Double(step) / Double(steps)
            let mean = exponential(
                naturalLogarithm(before.mean) * (1 - share) + naturalLogarithm(target) * share)
            let slots = (Double(before.slots) + Double(change.slots - before.slots) * share).rounded()
            points.append(
                Point(
                    from: change.at.nanoseconds + change.ramp.nanoseconds / Int64(steps) * Int64(step - 1),
                    mean: step == steps ? target : mean, slots: step == steps ? change.slots : Int(slots)))
        }
    }

    private static func pausing(_ points: [Point], _ from: TimeSpan, _ to: TimeSpan) -> [Point] {
        let (from, to) = (from.nanoseconds, to.nanoseconds)
        var result: [Point] = []
        for (index, point) in points.enumerated() {
            let next = index + 1 < points.count ? points[index + 1].from : .max
            for start in [point.from, from, to] where start == point.from || point.from < start && start < next {
                var piece = point
                piece.from = start
                piece.isPaused = point.isPaused || from <= start && start < to
                result.append(piece)
            }
        }
        return result
    }

    private func index(at now: Int64) -> Int {
        var (low, high) = (0, points.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if points[middle].from <= now { low = middle } else { high = middle - 1 }
        }
        return low
    }

    public func slots(at now: MonotonicInstant) -> Int { points[index(at: now.nanoseconds)].slots }

    /// Of one call; as it is outside of the pause, in one.
    public func mean(at now: MonotonicInstant) -> TimeSpan {
        .nanoseconds(Int64(points[index(at: now.nanoseconds)].mean))
    }

    /// When a call ends that begins now. O(changes) at most.
    public func end(of work: Double, from now: MonotonicInstant) -> MonotonicInstant {
        var (left, time) = (work, Double(now.nanoseconds))
        for at in index(at: now.nanoseconds)..<points.count {
            let speed = points[at].speed
            guard at + 1 < points.count else { return MonotonicInstant(nanoseconds: Int64(time + left / speed)) }
            let next = Double(points[at + 1].from)
            let done = max(0, next - time) * speed
            if speed > 0, done >= left { return MonotonicInstant(nanoseconds: Int64(time + left / speed)) }
            left -= done
            time = max(time, next)
        }
        preconditionFailure("the last point has no end")
    }

    /// Calls that all slots together can serve meanwhile, on average.
    public func capacity(from start: TimeSpan, to end: TimeSpan) -> Double {
        var sum = 0.0
        for (index, point) in points.enumerated() {
            let next = index + 1 < points.count ? points[index + 1].from : .max
            let length = min(next, end.nanoseconds) - max(point.from, start.nanoseconds)
            if length > 0 { sum += Double(length) * point.speed * Double(point.slots) }
        }
        return sum
    }

    /// When there are more slots than before.
    var growths: [MonotonicInstant] {
        zip(points, points.dropFirst()).filter { $0.slots < $1.slots }.map { MonotonicInstant(nanoseconds: $1.from) }
    }
}
