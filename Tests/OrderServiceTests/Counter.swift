import Base

@testable import OrderServiceModule

/// The service in virtual time: who called is a number, and what was answered is kept.
struct Counter {
    typealias Reply = OrderService<Int>.Reply

    var service: OrderService<Int>
    private(set) var now = MonotonicInstant(nanoseconds: 0)
    private(set) var replies: [(caller: Int, reply: Reply, at: MonotonicInstant)] = []
    private var callers = 0

    /// Without variation unless `adjust` says otherwise: 4 slots of 20 ms.
    init(seed: UInt64 = 1, _ adjust: (inout ServiceSettings) -> Void = { _ in }) {
        var settings = ServiceSettings()
        settings.variationPercent = 0
        adjust(&settings)
        service = OrderService(settings: settings, seed: seed, now: now)
    }

    /// Answers come out at the time they are due, as from a thread that wakes in time.
    mutating func run(to time: MonotonicInstant) {
        while let next = service.nextTime, next <= time { look(at: next) }
        look(at: time)
    }

    mutating func look(at time: MonotonicInstant) {
        now = time
        var answers: [OrderService<Int>.Answer] = []
        service.advance(to: time, answers: &answers)
        keep(answers)
    }

    mutating func run(for span: TimeSpan) { run(to: now + span) }

    /// - Returns: who called, from 0.
    @discardableResult
    mutating func call(_ key: String) -> Int {
        run(to: now)
        var answers: [OrderService<Int>.Answer] = []
        service.call(key: key, ticket: "ticket of \(key)", from: callers, now: now, answers: &answers)
        keep(answers)
        callers += 1
        return callers - 1
    }

    mutating func change(_ adjust: (inout ServiceSettings) -> Void) {
        var settings = service.settings
        adjust(&settings)
        service.change(to: settings, now: now)
    }

    private mutating func keep(_ answers: [OrderService<Int>.Answer]) {
        for answer in answers { replies.append((answer.caller, answer.reply, now)) }
    }

    /// When and how the caller was answered; nil while it waits.
    func reply(to caller: Int) -> (reply: Reply, at: MonotonicInstant)? {
        replies.first { $0.caller == caller }.map { ($0.reply, $0.at) }
    }
}

func milliseconds(_ count: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: count * 1_000_000) }
