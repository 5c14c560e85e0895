public import Base

/// The clock by which a leader ended holds, and that of its machine at the same moment.
public struct LeaderClock: Sendable, Equatable {
    public var now: WallInstant
    public var machine: WallInstant

    public init(now: WallInstant, machine: WallInstant) { (self.now, self.machine) = (now, machine) }

    public var text: String { "\(now.milliseconds) \(machine.milliseconds)" }

    /// Nil where it is damaged.
    public init?(_ text: some StringProtocol) {
        let numbers = text.split(separator: " ").map { Int64($0) }
        guard numbers.count == 2, let now = numbers[0], let machine = numbers[1], now > 0, machine > 0 else {
            return nil
        }
        self.init(now: WallInstant(milliseconds: now), machine: WallInstant(milliseconds: machine))
    }
}
