import Base
import TestKit

// DESIGN
// What a worker can do is measured from inside it, by `ExecutionController`: the time in the slot, apart from the wait
// before it. So its goals are kept here, where nothing else is between it and the slots: no store, no messages, no
// group. What stands behind the workers is measured from outside, and kept in the space of drains (`SimulationKit`),
// through the product. A backlog without end, 0.5 ms in each direction, and a controller for each station.

/// Workers' controllers before their slots in virtual time: what is served of what could be, and how long it takes.
public final class ExecutionRun {
    private enum Event {
        case arrived(station: Int, request: Int)
        case done(station: Int, request: Int)
        case replied(station: Int, request: Int)
        case wake(station: Int)
        case tick
        case change(Int)
        case resume(Int)
        case forget(station: Int)
        case pause(Int)
    }

    private struct Request {
        var sentAt: Int64 = 0
        var startedAt: Int64 = 0
        var execution: Int64 = 0
        var unloaded = 0.0
        var paused: Int64 = 0
        var epoch = 0
        var isTaken = false  // it was prefetched before
    }

    private static let link: Int64 = 500_000  // nanoseconds, in each direction
    private static let tick: Int64 = 20_000_000
    private static let silence: Int64 = 3_000_000_000  // until a dead station is known to be

    public var stations: [Station]
    private var controllers: [StationController?]
    private var score: ExecutionScore
    private var random: SplitMix64
    private let scenario: ExecutionScenario
    private var time = VirtualTime<Event>()
    private var requests: [Request] = []
    private var unused: [Int] = []
    private var inFlight: [Int]
    private var wakesAt: [Int64]

    public init(_ scenario: ExecutionScenario, seed: UInt64) {
        self.scenario = scenario
        stations = scenario.stations
        random = SplitMix64(seed: seed)
        score = ExecutionScore(stations: scenario.stations.count, seconds: Int(scenario.length))
        inFlight = [Int](repeating: 0, count: stations.count)
        wakesAt = [Int64](repeating: .max, count: stations.count)
        controllers = stations.map { _ in StationController() }
        for index in scenario.changes.indices {
            time.schedule(.change(index), after: .nanoseconds(Int64(scenario.changes[index].at * 1e9)))
        }
        time.schedule(.tick, after: .zero)
        if scenario.pauses {
            for index in stations.indices {
                time.schedule(.pause(index), after: .microseconds(1_000_000 + random.below(4_000_000)))
            }
        }
    }

    private var now: Int64 { time.now.nanoseconds }

    @discardableResult
    public func run() -> ExecutionScore {
        for index in stations.indices { feed(index) }
        let end = MonotonicInstant(nanoseconds: Int64(scenario.length * 1e9))
        while let event = time.next(until: end) { handle(event) }
        score.finish()
        return score
    }

    /// Runs it, and returns the window of the first station, five times a second from then on.
    public func run(watchingFrom seconds: Double) -> [Int] {
        for index in stations.indices { feed(index) }
        var windows: [Int] = []
        var look = seconds
        while look <= scenario.length {
            let end = MonotonicInstant(nanoseconds: Int64(look * 1e9))
            while let event = time.next(until: end) { handle(event) }
            windows.append(controllers[0]?.window ?? 0)
            look += 0.2
        }
        return windows
    }

    private func handle(_ event: Event) {
        switch event {
        case .arrived(let station, let request): arrive(station, request)
        case .done(let station, let request): finish(station, request)
        case .replied(let station, let request): reply(station, request)
        case .wake(let station):
            guard wakesAt[station] <= now else { return }
            wakesAt[station] = .max
            feed(station)
        case .tick:
            look()
            time.schedule(.tick, after: .nanoseconds(Self.tick))
        case .change(let index): scenario.changes[index].make(self)
        case .resume(let station): serve(station)
        case .forget(let station): controllers[station] = nil
        case .pause(let station):
            pause(station, milliseconds: 200 + random.below(301))
            let next = 1_000_000 + Int64(-4e6 * logarithm(1 - Double.random(in: 0..<1, using: &random)))
            time.schedule(.pause(station), after: .microseconds(next))
        }
    }

    // MARK: What a scenario changes

    public func widen(_ index: Int, to slots: Int) {
        stations[index].slots = slots
        serve(index)
    }

    public func pause(_ index: Int, milliseconds: Int64) {
        guard stations[index].isAlive else { return }
        stations[index].paused += milliseconds * 1_000_000
        stations[index].pauseEnds = now + milliseconds * 1_000_000
        time.schedule(.resume(index), after: .nanoseconds(milliseconds * 1_000_000 + 1_000))
    }

    public func kill(_ index: Int) {
        stations[index].isAlive = false
        stations[index].epoch += 1
        stations[index].busy = 0
        stations[index].queue.removeAll()
        stations[index].prefetched.removeAll()
        stations[index].beingTaken = 0
        time.schedule(.forget(station: index), after: .nanoseconds(Self.silence))
    }

    public func join(_ index: Int) {
        stations[index].isAlive = true
        stations[index].epoch += 1
        controllers[index] = StationController()
        inFlight[index] = 0
        feed(index)
    }

    // MARK: A purchase

    private func feed(_ station: Int) {
        while let controller = controllers[station], inFlight[station] < controller.window + controller.prefetch {
            let wait = controller.wait(now: time.now)
            if wait > .zero {
                if wakesAt[station] > now + wait.nanoseconds || wakesAt[station] <= now {
                    wakesAt[station] = now + wait.nanoseconds
                    time.schedule(.wake(station: station), after: wait)
                }
                return
            }
            inFlight[station] += 1
            controller.sent(inFlight: inFlight[station], now: time.now)
            score.sent(now: now)
            let request = unused.popLast() ?? requests.count
            if request == requests.count { requests.append(Request()) }
            requests[request] = Request(
                sentAt: now, unloaded: stations[station].unloaded, epoch: stations[station].epoch)
            time.schedule(.arrived(station: station, request: request), after: .nanoseconds(Self.link))
        }
    }

    private func arrive(_ station: Int, _ request: Int) {
        guard requests[request].epoch == stations[station].epoch, stations[station].isAlive else {
            return unused.append(request)
        }
        if requests[request].isTaken {
            stations[station].beingTaken -= 1
        } else if let controller = controllers[station], controller.prefetch > 0,
            stations[station].taken >= controller.window
        {
            return stations[station].prefetched.append(Int64(request))
        }
        stations[station].queue.append(Int64(request))
        serve(station)
    }

    private func serve(_ station: Int) {
        guard stations[station].isAlive, now >= stations[station].pauseEnds else { return }
        while stations[station].busy < stations[station].slots, let first = stations[station].queue.first {
            stations[station].queue.removeFirst()
            stations[station].busy += 1
            let request = Int(first)
            let length = stations[station].sample(&random)
            requests[request].paused = stations[station].paused
            requests[request].startedAt = now
            time.schedule(.done(station: station, request: request), after: .nanoseconds(length))
        }
    }

    private func finish(_ station: Int, _ request: Int) {
        guard requests[request].epoch == stations[station].epoch, stations[station].isAlive else {
            return unused.append(request)
        }
        let missed = stations[station].paused - requests[request].paused
        if missed > 0 {
            requests[request].paused = stations[station].paused
            return time.schedule(.done(station: station, request: request), after: .nanoseconds(missed))
        }
        stations[station].busy -= 1
        requests[request].execution = now - requests[request].startedAt
        usePrefetched(station)
        time.schedule(.replied(station: station, request: request), after: .nanoseconds(Self.link))
        serve(station)
    }

    /// There is room for one that is granted already. It is taken from now on: a call of the store takes as long as a
    /// grant.
    private func usePrefetched(_ station: Int) {
        guard let next = stations[station].prefetched.first.map(Int.init) else { return }
        stations[station].prefetched.removeFirst()
        stations[station].beingTaken += 1
        requests[next].sentAt = now
        requests[next].isTaken = true
        time.schedule(.arrived(station: station, request: next), after: .nanoseconds(Self.link))
    }

    private func reply(_ station: Int, _ request: Int) {
        defer { unused.append(request) }
        let ended = requests[request]
        guard ended.epoch == stations[station].epoch, let controller = controllers[station] else { return }
        let wasStarting = controller.isStarting
        inFlight[station] -= 1
        controller.finished(
            execution: .nanoseconds(ended.execution), inFlight: inFlight[station], now: time.now)
        if !wasStarting, controller.isStarting { score.restarts += 1 }
        score.finished(
            station, latency: Double(now - ended.sentAt), unloaded: max(ended.unloaded, stations[station].unloaded),
            now: now)
        feed(station)
    }

    // MARK: Looking

    private func look() {
        var isOver = false
        for index in stations.indices {
            let station = stations[index]
            score.could(index, station.capacity(now: now) * Double(Self.tick) / 1e9, now: now)
            guard let controller = controllers[index] else { continue }
            if station.isAlive, now >= station.pauseEnds {
                if station.queue.count + station.busy > 2 * station.slots + 2 { isOver = true }
                let knee = Double(station.slots) * (station.unloaded + 2 * Double(Self.link)) / station.unloaded
                score.window(Double(controller.window) / knee, now: now)
            }
            feed(index)
        }
        if isOver { score.overloaded(Double(Self.tick) / 1e9, now: now) }
    }
}
