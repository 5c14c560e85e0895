import Base

/// What happens to some stations within a minute. They are always asked for more than they can do.
public struct Scenario: Sendable {
    public struct Change: Sendable {
        public var at: Double  // seconds
        public var make: @Sendable (CapacityRun) -> Void
    }

    public var name: String
    public var stations: [Station]
    public var changes: [Change] = []
    /// Each station stops for 200...500 ms, about every five seconds.
    public var pauses = false
    public var length = 60.0  // seconds
    /// Where the time until 90 % of the possible is taken from, seconds.
    public var event: Double?

    public init(_ name: String, _ stations: [Station]) {
        self.name = name
        self.stations = stations
    }

    public func at(_ time: Double, _ make: @escaping @Sendable (CapacityRun) -> Void) -> Scenario {
        var copy = self
        copy.changes.append(Change(at: time, make: make))
        return copy
    }

    public func measured(from event: Double) -> Scenario {
        var copy = self
        copy.event = event
        return copy
    }

    public static func stations(_ count: Int, slots: Int = 4, cv: Double = 0.5) -> [Station] {
        [Station](repeating: Station(slots: slots, milliseconds: 20, cv: cv), count: count)
    }

    public static func steady(workers: Int = 4, slots: Int = 4, cv: Double = 0.5) -> Scenario {
        Scenario("steady", stations(workers, slots: slots, cv: cv))
    }

    public static func stepDown(workers: Int = 4, slots: Int = 4, cv: Double = 0.5) -> Scenario {
        Scenario("all 10x slower", stations(workers, slots: slots, cv: cv)).at(20) { run in
            for index in run.stations.indices { run.stations[index].slower = 10 }
        }.measured(from: 20)
    }

    public static var oneSlow: Scenario {
        Scenario("one 10x slower", stations(4)).at(20) { $0.stations[0].slower = 10 }.measured(from: 20)
    }

    public static func stepUp(workers: Int = 4) -> Scenario {
        Scenario("2 to 8 slots", stations(workers, slots: 2)).at(20) { run in
            for index in run.stations.indices { run.widen(index, to: 8) }
        }.measured(from: 20)
    }

    public static func death(workers: Int = 4) -> Scenario {
        Scenario("death, join", stations(workers)).at(20) { $0.kill(0) }.at(40) { $0.join(0) }.measured(from: 40)
    }

    public static func pauses(workers: Int = 4) -> Scenario {
        var scenario = Scenario("pauses", stations(workers))
        scenario.pauses = true
        return scenario
    }

    /// 30 calls a second; above 40 it breaks; at half speed from 30 s to 45 s.
    public static var bank: Scenario {
        Scenario("bank", [Station(slots: 6, milliseconds: 200, cliff: .init())])
            .at(30) { $0.stations[0].slower = 2 }.at(45) { $0.stations[0].slower = 1 }.measured(from: 45)
    }
}
