public import Base

// DESIGN
// The whole service as a value, with time as an argument: calls go in, answers come out, and a run can be replayed in
// virtual time. Work ends at its own times and not when the thread wakes up: `advance` handles what was due in order,
// and a slot that became free at a time begins its next order at that time. So the capacity is exactly slots divided by
// service time, however late the thread is.

/// A small order service: slots with a line before them, idempotent by key, breaking and failing by its settings.
///
/// `Caller` identifies the receiver of an answer.
public struct OrderService<Caller> {
    public enum Reply: Sendable, Equatable {
        case confirmed(order: Int)
        case refused
        /// A 500.
        case failed
        case busy
        /// A 200 whose body is none of the contract's; kinds take turns.
        case wrongBody(kind: Int)
        case reset
        /// Nothing for now: the connection stays open. `late` is when the true answer follows, if it does.
        case silence(late: TimeSpan?)
    }

    public struct Answer {
        public let caller: Caller
        public let reply: Reply
    }

    private struct Call {
        let caller: Caller
        let place: Int
        let arrivedAt: MonotonicInstant
        var fault: Fault
    }

    private enum Event {
        case done(Call)
        case late(Call)
    }

    public private(set) var settings = ServiceSettings()
    public private(set) var book = OrderBook()
    public private(set) var figures: ServiceFigures
    private var strain = Strain()
    private var waiting = Line<Call>()
    private var agenda = Agenda<Event>()
    public private(set) var inService = 0
    private var times: GammaSampler
    private var random: SplitMix64
    private var wrongBodies = 0

    public init(settings: ServiceSettings, seed: UInt64, now: MonotonicInstant) {
        self.settings = settings
        times = GammaSampler(seed: seed)
        random = SplitMix64(seed: ~seed)
        figures = ServiceFigures(began: now)
    }

    public var queued: Int { waiting.count }
    public var busiestSecond: Int { strain.busiestSecond }
    public var collapses: Int { strain.collapses }
    public func isBroken(at now: MonotonicInstant) -> Bool { strain.isBroken(at: now) }
    public func brokenTime(_ now: MonotonicInstant) -> TimeSpan { strain.brokenTime(now) }

    /// When `advance` has something to do next; nil when nothing is under way.
    public var nextTime: MonotonicInstant? { agenda.nextTime }

    /// Takes a call. `advance` to the same `now` comes first; the answer is in `answers`, now or after a later advance.
    public mutating func call(
        key: String, ticket: String, from caller: Caller, now: MonotonicInstant, answers: inout [Answer]
    ) {
        figures.call(now: now)
        strain.call(settings, now: now)
        let fault = settings.faults.draw(&random)
        let place = book.call(key: key, ticket: ticket)
        guard fault != .busy, let place else {
            figures.turnedAway += 1
            answers.append(Answer(caller: caller, reply: .busy))
            return
        }
        waiting.append(Call(caller: caller, place: place, arrivedAt: now, fault: fault))
        fillSlots(now: now)
    }

    /// Handles everything that was due until `now`, and appends the answers that are to be given.
    public mutating func advance(to now: MonotonicInstant, answers: inout [Answer]) {
        while let (time, event) = agenda.takeDue(now) {
            switch event {
            case .late(let call): answers.append(answer(call, book.status(call.place), now: time))
            case .done(let call):
                inService -= 1
                figures.stay.record((time - call.arrivedAt).wholeMicroseconds)
                answers.append(finish(call, now: time))
                fillSlots(now: time)
            }
        }
    }

    public mutating func change(to settings: ServiceSettings, now: MonotonicInstant) {
        self.settings = settings
        fillSlots(now: now)
    }

    /// Drops every order and every figure; calls in service are turned away.
    public mutating func reset(now: MonotonicInstant) -> [Answer] {
        var answers: [Answer] = []
        while let call = waiting.popFirst() { answers.append(Answer(caller: call.caller, reply: .busy)) }
        while let (_, event) = agenda.takeDue(MonotonicInstant(nanoseconds: .max)) {
            switch event {
            case .done(let call), .late(let call): answers.append(Answer(caller: call.caller, reply: .busy))
            }
        }
        inService = 0
        book = OrderBook()
        strain = Strain()
        figures = ServiceFigures(began: now)
        return answers
    }

    /// Begins the figures anew; orders stay, work goes on, and what is broken stays broken.
    public mutating func resetFigures(now: MonotonicInstant) {
        strain.resetFigures(now: now)
        figures = ServiceFigures(began: now)
        see(now: now)
    }

    private mutating func fillSlots(now: MonotonicInstant) {
        while inService < settings.slots, var call = waiting.popFirst() {
            inService += 1
            let mean = TimeSpan.nanoseconds(settings.serviceTime.nanoseconds / 100 * settings.slowDownPercent)
            var time = times.span(mean: mean, variationPercent: settings.variationPercent)
            figures.service.record(time.wholeMicroseconds)
            if strain.isBroken(at: now) {
                time = time * settings.collapseFactor
                if random.below(1_000) < settings.collapseErrorsPerMille { call.fault = .failBefore }
            }
            agenda.add(.done(call), at: now + time)
        }
        see(now: now)
    }

    private mutating func see(now: MonotonicInstant) {
        figures.see(isOverloaded: inService + waiting.count > 2 * settings.slots + 2, now: now)
    }

    /// The work of one call has ended: applies it, or not, and returns what the caller receives.
    private mutating func finish(_ call: Call, now: MonotonicInstant) -> Answer {
        if call.fault == .failBefore || call.fault == .resetBefore {
            figures.failed += 1
            return Answer(caller: call.caller, reply: call.fault == .failBefore ? .failed : .reset)
        }
        let refuses = settings.faults.refuse > 0 && random.below(1_000) < settings.faults.refuse
        let status = book.apply(call.place, refuses: refuses)
        switch call.fault {
        case .failAfterApply:
            figures.failed += 1
            return Answer(caller: call.caller, reply: .failed)
        case .resetAfter:
            figures.failed += 1
            return Answer(caller: call.caller, reply: .reset)
        case .wrongBody:
            figures.failed += 1
            wrongBodies += 1
            return Answer(caller: call.caller, reply: .wrongBody(kind: wrongBodies))
        case .timeoutAfterApply:
            figures.failed += 1
            if let late = settings.answerLate { agenda.add(.late(call), at: now + late) }
            return Answer(caller: call.caller, reply: .silence(late: settings.answerLate))
        default: return answer(call, status, now: now)
        }
    }

    private mutating func answer(_ call: Call, _ status: OrderBook.Status, now: MonotonicInstant) -> Answer {
        switch status {
        case .confirmed(let order):
            figures.completed(now: now)
            return Answer(caller: call.caller, reply: .confirmed(order: order))
        case .refused:
            figures.completed(now: now)
            return Answer(caller: call.caller, reply: .refused)
        case .pending: preconditionFailure("an order is answered after it was applied")
        }
    }
}
