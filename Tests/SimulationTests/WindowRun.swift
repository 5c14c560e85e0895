import Base
import Domain
import Glibc
import TestKit

/// How long an order takes in its slot.
enum Service: Sendable {
    case always(microseconds: Int64)
    /// Gamma, coefficient of variation 0.5.
    case gamma(mean: Int64)
    /// Coefficient of variation 1.
    case exponential(mean: Int64)

    var mean: Int64 {
        switch self {
        case .always(let mean), .gamma(let mean), .exponential(let mean): mean
        }
    }

    /// One run is enough where nothing is random; many slots even out, and cost time.
    func seeds(slots: Int64) -> [UInt64] {
        if case .always = self { return [1] }
        return slots > 4 ? Array(Seeds.window.prefix(10)) : Seeds.window
    }

    func time(_ random: inout SplitMix64) -> Int64 {
        func exponential() -> Double { -log(1 - Double.random(in: 0..<1, using: &random)) }
        return switch self {
        case .always(let mean): mean
        case .gamma(let mean):
            max(1, Int64(Double(mean) / 4 * (exponential() + exponential() + exponential() + exponential())))
        case .exponential(let mean): max(1, Int64(Double(mean) * exponential()))
        }
    }
}

/// One worker with hidden slots behind one window, in virtual time. The window is filled as soon as it has room, as far
/// as there is work.
struct WindowRun {
    enum Event {
        case granted(Int64)
        case finished(execution: Int64)
        case reported(count: Int64, execution: Int64)
        case change((inout WindowRun) -> Void)
    }

    var time = VirtualTime<Event>()
    var window = ExecutionController()
    var random: SplitMix64
    var service: Service
    var slots: Int64
    var link = TimeSpan.microseconds(500)  // each direction
    var work = Int64.max  // purchases left to hand out
    private(set) var outstanding: Int64 = 0
    private(set) var completed: Int64 = 0
    private(set) var most: Int64 = 0  // largest window since the last reading
    private var waiting: Int64 = 0
    private var busy: Int64 = 0
    private var isFull = false
    private var frozenUntil = MonotonicInstant(nanoseconds: 0)

    init(seed: UInt64 = 1, slots: Int64, service: Service) {
        random = SplitMix64(seed: seed)
        self.slots = slots
        self.service = service
    }

    /// What the worker can have in its slots and under way, at full speed.
    var knee: Int64 {
        max(1, (slots * (service.mean + 2 * link.wholeMicroseconds) + service.mean - 1) / service.mean)
    }

    /// The largest window that it may get: two knees, and rounding where the slots are few or many.
    var atMost: Int64 { 2 * knee + (slots == 4 ? 0 : max(2, slots / 4)) }

    mutating func at(_ seconds: Double, _ change: @escaping (inout WindowRun) -> Void) {
        time.schedule(.change(change), after: .nanoseconds(Int64(seconds * 1e9)) - (time.now - .init(nanoseconds: 0)))
    }

    /// Nothing ends in the worker until the pause is over; then all that would have ended does.
    mutating func freeze(_ span: TimeSpan) { frozenUntil = time.now + span }

    /// Runs on to `seconds` of virtual time; returns what was completed meanwhile, and forgets the largest window.
    @discardableResult
    mutating func run(to seconds: Double) -> Int64 {
        let before = completed
        most = window.window
        fill()
        let end = MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
        while let event = time.next(until: end) {
            switch event {
            case .granted(let count):
                waiting += count
                startOrders()
            case .finished(let execution): finish(execution)
            case .reported(let count, let execution):
                outstanding -= count
                completed += count
                window.complete(count: count, executionSum: execution, isFull: isFull, now: time.now)
                fill()
            case .change(let change):
                change(&self)
                startOrders()
                fill()

            }
            most = max(most, window.window)
        }
        return completed - before
    }

    private mutating func fill() {
        let count = min(work, window.window - outstanding)
        if count > 0 {
            if work < .max { work -= count }
            outstanding += count
            time.schedule(.granted(count), after: link)
        }
        isFull = outstanding >= window.window
        if !isFull { window.interruptRound() }
    }

    private mutating func startOrders() {
        while busy < slots, waiting > 0 {
            busy += 1
            waiting -= 1
            let execution = service.time(&random)
            time.schedule(.finished(execution: execution), after: .microseconds(execution))
        }
    }

    private mutating func finish(_ execution: Int64) {
        if time.now < frozenUntil {
            let left = frozenUntil - time.now
            time.schedule(.finished(execution: execution + left.wholeMicroseconds), after: left)
            return
        }
        busy -= 1
        time.schedule(.reported(count: 1, execution: execution), after: link)
        startOrders()
    }
}
