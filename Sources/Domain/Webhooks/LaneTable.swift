import Base

/// The undelivered events that are in memory, by lane, and which lane has its turn.
///
/// A lane has one event under way at most, its oldest; no lane waits for another. A dictionary of this table is never
/// iterated, so that a run replays.
struct LaneTable: Sendable {
    struct Event: Sendable {
        var order: Int64
        var event: ShopEvent
        /// The store has it as pending, or will have it with the next save.
        var isNoted: Bool
    }

    enum State: Sendable, Equatable {
        case ready
        case waiting
        case underWay(since: MonotonicInstant)
    }

    struct Lane: Sendable {
        var events: [Event]
        var state = State.ready
        /// Failed attempts of the oldest event, and when the next one is due.
        var attempts = 0
        var dueAt = MonotonicInstant(nanoseconds: 0)
        var reason = ""
        /// It was called for before its time, after the receiver came back: once between two attempts.
        var wasReleased = false
        var isInRun = false
    }

    private var lanes: [String: Lane] = [:]
    private var laneOf: [String: String] = [:]  // by the event's id
    private var fresh = Fifo<String>()
    private var retries = Fifo<String>()
    private var agenda = Agenda<String>()
    private var agendaCount = 0
    private var waiting = 0  // lanes
    /// Lanes whose call failed since the last success, which are tried again early when the receiver is back.
    private var run = Fifo<String>()
    private(set) var count = 0  // events
    private(set) var notedCount = 0

    init() {}

    /// Some lane has not been called for.
    var hasFresh: Bool { !fresh.isEmpty }
    /// Lanes of which calls have failed since the last success, and none is under way.
    var failingCount: Int { run.count }

    subscript(lane: String) -> Lane? { lanes[lane] }

    func knows(_ id: String) -> Bool { laneOf[id] != nil }

    /// When the next lane that waits is due; may be too early.
    var nextDueAt: MonotonicInstant? { agenda.nextTime }

    // MARK: Adding

    mutating func add(_ event: Event) {
        let name = event.event.lane
        count += 1
        if event.isNoted { notedCount += 1 }
        laneOf[event.event.id] = name
        if lanes[name] != nil {
            lanes[name]?.events.append(event)
        } else {
            lanes[name] = Lane(events: [event])
            fresh.append(name)
        }
    }

    /// Puts an event that the store has, in the order of their numbers.
    ///
    /// - Parameter isFailing: its receiver was taken for down: it may be tried early.
    mutating func load(_ noted: NotedEvent, dueAt: MonotonicInstant, isFailing: Bool) {
        let name = noted.event.lane
        let isFirst = lanes[name] == nil
        add(Event(order: noted.order, event: noted.event, isNoted: true))
        guard isFirst, noted.attempts > 0 else { return }
        _ = fresh.popLast()
        lanes[name]?.attempts = noted.attempts
        lanes[name]?.dueAt = dueAt
        lanes[name]?.reason = noted.reason
        lanes[name]?.state = .waiting
        wait(name, until: dueAt)
        if isFailing { addToRun(name) }
    }

    /// Moves a noted event to the end of its lane, since those before it come once more.
    ///
    /// - Returns: false where it is under way, or not noted.
    mutating func moveToEnd(_ id: String, order: Int64) -> Bool {
        guard let name = laneOf[id], var lane = lanes[name],
            let place = lane.events.firstIndex(where: { $0.event.id == id }), lane.events[place].isNoted
        else { return false }
        if place == 0 {
            if case .underWay = lane.state { return false }
            if lane.state == .waiting {
                waiting -= 1
                lane.state = .ready
                fresh.append(name)
            }
            (lane.attempts, lane.reason, lane.wasReleased) = (0, "", false)
            lane.dueAt = MonotonicInstant(nanoseconds: 0)
        }
        var event = lane.events.remove(at: place)
        event.order = order
        lane.events.append(event)
        lanes[name] = lane
        return true
    }

    // MARK: Turns

    /// The lane to call for next, now under way.
    ///
    /// - Parameters:
    ///   - isProbe: any lane will do, also before its time.
    ///   - mayRetry: whether one whose last call failed may be it.
    mutating func next(isProbe: Bool, mayRetry: Bool, now: MonotonicInstant) -> (name: String, lane: Lane)? {
        promote(now: now)
        var name = isProbe ? fresh.popFirst() : nil
        if name == nil, mayRetry { name = retries.popFirst() }
        if name == nil { name = fresh.popFirst() }
        if name == nil, isProbe { name = nextOfRun() }
        guard let name, var lane = lanes[name] else { return nil }
        if lane.state == .waiting { waiting -= 1 }
        lane.state = .underWay(since: now)
        lanes[name] = lane
        return (name, lane)
    }

    private mutating func promote(now: MonotonicInstant) {
        while let name = agenda.takeDue(now)?.event {
            agendaCount -= 1
            guard let lane = lanes[name], lane.state == .waiting, lane.dueAt <= now else { continue }
            waiting -= 1
            lanes[name]?.state = .ready
            retries.append(name)
        }
    }

    private mutating func nextOfRun() -> String? {
        while let name = run.popFirst() {
            lanes[name]?.isInRun = false
            if lanes[name]?.state == .waiting { return name }
        }
        return nil
    }

    /// The oldest event of a lane leaves the table.
    ///
    /// - Returns: it.
    mutating func finish(_ name: String) -> Event? {
        guard var lane = lanes[name], case .underWay = lane.state else { return nil }
        let event = lane.events.removeFirst()
        laneOf[event.event.id] = nil
        count -= 1
        if event.isNoted { notedCount -= 1 }
        if lane.events.isEmpty {
            lanes[name] = nil
        } else {
            (lane.state, lane.attempts, lane.reason, lane.wasReleased) = (.ready, 0, "", false)
            lanes[name] = lane
            fresh.append(name)
        }
        return event
    }

    /// A call of the lane failed, at its time.
    mutating func failed(_ name: String, attempts: Int, dueAt: MonotonicInstant, reason: String) {
        lanes[name]?.attempts = attempts
        lanes[name]?.dueAt = dueAt
        lanes[name]?.reason = reason
        lanes[name]?.wasReleased = false
        lanes[name]?.state = .waiting
        wait(name, until: dueAt)
        addToRun(name)
    }

    /// A call of the lane failed that was made before its time, or says nothing of the event.
    mutating func returned(_ name: String, reason: String, now: MonotonicInstant) {
        guard let lane = lanes[name] else { return }
        if !reason.isEmpty { lanes[name]?.reason = reason }
        if lane.dueAt > now {
            // Its time stands in the agenda still.
            lanes[name]?.state = .waiting
            waiting += 1
            addToRun(name)
        } else {
            lanes[name]?.state = .ready
            if lane.attempts > 0 { retries.append(name) } else { fresh.append(name) }
        }
    }

    /// A call succeeded, so what failed before it failed by itself, or because the receiver was down.
    ///
    /// - Parameter isBack: it was down: what failed then is tried at once.
    mutating func endRun(isBack: Bool) {
        while let name = run.popFirst() {
            lanes[name]?.isInRun = false
            guard isBack, let lane = lanes[name], lane.state == .waiting, !lane.wasReleased else { continue }
            lanes[name]?.wasReleased = true
            lanes[name]?.state = .ready
            waiting -= 1
            retries.append(name)
        }
    }

    /// The store will have all events of a lane up to this one.
    mutating func note(_ name: String, order: Int64) {
        guard let place = lanes[name]?.events.firstIndex(where: { $0.order == order }),
            lanes[name]?.events[place].isNoted == false
        else { return }
        lanes[name]?.events[place].isNoted = true
        notedCount += 1
    }

    private mutating func addToRun(_ name: String) {
        guard lanes[name]?.isInRun == false else { return }
        lanes[name]?.isInRun = true
        run.append(name)
    }

    /// Times of lanes that were delivered before them stay in the agenda; it is cleaned where they are many.
    private mutating func wait(_ name: String, until time: MonotonicInstant) {
        waiting += 1
        if agendaCount > 2 * waiting + Limits.webhookWindow {
            var kept = Agenda<String>()
            agendaCount = 0
            while let (time, name) = agenda.takeDue(MonotonicInstant(nanoseconds: .max)) {
                guard let lane = lanes[name], lane.dueAt == time else { continue }
                kept.add(name, at: time)
                agendaCount += 1
            }
            agenda = kept
        }
        agenda.add(name, at: time)
        agendaCount += 1
    }
}
