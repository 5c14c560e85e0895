public import Base

/// The clock by which a leader ended holds, and that of its machine at the same moment.
public struct LeaderClock: Sendable, Equatable {
    public var now: WallInstant
    public var machine: WallInstant
    /// By how much it believed the store's clock to be ahead of its own for good.
    public var storeAhead: TimeSpan

    public init(now: WallInstant, machine: WallInstant, storeAhead: TimeSpan = .zero) {
        (self.now, self.machine, self.storeAhead) = (now, machine, storeAhead)
    }

    public var text: String { "\(now.milliseconds) \(machine.milliseconds) \(storeAhead.wholeMilliseconds)" }

    /// Nil where it is damaged.
    public init?(_ text: some StringProtocol) {
        let numbers = text.split(separator: " ").map { Int64($0) }
        guard numbers.count == 3, let now = numbers[0], let machine = numbers[1], let ahead = numbers[2],
            Limits.wallTime.contains(now), Limits.wallTime.contains(machine),
            ahead.magnitude <= Limits.wallTime.upperBound
        else { return nil }
        self.init(
            now: WallInstant(milliseconds: now), machine: WallInstant(milliseconds: machine),
            storeAhead: .milliseconds(ahead))
    }
}
