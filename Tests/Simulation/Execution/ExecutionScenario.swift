import Base

/// What happens to some stations within a minute. They are always asked for more than they can do.
public struct ExecutionScenario: Sendable {
    public struct Change: Sendable {
        public var at: Double  // seconds
        public var make: @Sendable (ExecutionRun) -> Void
    }

    public var stations: [Station]
    public var changes: [Change] = []
    /// Each station stops for 200...500 ms, about every five seconds.
    public var pauses = false
    public var length = 60.0  // seconds

    public init(_ stations: [Station]) { self.stations = stations }

    public func at(_ time: Double, _ make: @escaping @Sendable (ExecutionRun) -> Void) -> ExecutionScenario {
        var copy = self
        copy.changes.append(Change(at: time, make: make))
        return copy
    }

    public static func stations(_ count: Int, slots: Int = 4, cv: Double = 0.5) -> [Station] {
        [Station](repeating: Station(slots: slots, milliseconds: 20, cv: cv), count: count)
    }

    public static func steady(workers: Int = 4, slots: Int = 4, cv: Double = 0.5) -> ExecutionScenario {
        ExecutionScenario(stations(workers, slots: slots, cv: cv))
    }

    public static func stepDown(workers: Int = 4, slots: Int = 4, cv: Double = 0.5) -> ExecutionScenario {
        ExecutionScenario(stations(workers, slots: slots, cv: cv)).at(20) { run in
            for index in run.stations.indices { run.stations[index].slower = 10 }
        }
    }

    public static var oneSlow: ExecutionScenario {
        ExecutionScenario(stations(4)).at(20) { $0.stations[0].slower = 10 }
    }

    public static func stepUp(workers: Int = 4) -> ExecutionScenario {
        ExecutionScenario(stations(workers, slots: 2)).at(20) { run in
            for index in run.stations.indices { run.widen(index, to: 8) }
        }
    }

    public static func death(workers: Int = 4) -> ExecutionScenario {
        ExecutionScenario(stations(workers)).at(20) { $0.kill(0) }.at(40) { $0.join(0) }
    }

    public static func pauses(workers: Int = 4) -> ExecutionScenario {
        var scenario = ExecutionScenario(stations(workers))
        scenario.pauses = true
        return scenario
    }
}
