public import Base
public import Domain
public import EventLoop
import Store

/// A sink for rehearsals and tests: every order takes a set time, with a set spread, in one of a set number of slots,
/// and is confirmed. All of it can be changed while it runs; an order that has begun keeps its time.
public final class DelaySink: OrderSink {
    public struct Settings: Sendable, Equatable {
        public var delay: TimeSpan  // 0 ... 1 h
        public var slots: Int  // 1 ... 10,000
        public var variationPercent: Int64  // standard deviation of the time, 0 ... 100 of `delay`
        public init(delay: TimeSpan, slots: Int, variationPercent: Int64 = 0) {
            self.delay = delay
            self.slots = slots
            self.variationPercent = variationPercent
        }
    }

    public var onFinished: (([FinishedOrder]) -> Void)?
    public var onCalls: (([SinkCall]) -> Void)?
    public let group: SinkGroup? = nil
    public let breaker = BreakerState.closed
    public private(set) var settings: Settings
    /// Microseconds from the taking of a purchase to its end here, of those taken since the last change.
    public private(set) var stays = Histogram()
    private var changedAt: MonotonicInstant
    private var times: GammaSampler
    /// How long ago an order may have begun: a process that stood still for longer did no work meanwhile.
    private static let longestAgo = TimeSpan.milliseconds(-10)
    private let loop: any Loop
    private var waiting: [PlacedOrder] = []  // oldest first, from `next`
    private var next = 0
    private var busy = 0
    private var finished: [FinishedOrder] = []

    public init(loop: any Loop, settings: Settings) {
        self.loop = loop
        self.settings = settings
        changedAt = loop.now
        times = GammaSampler(seed: UInt64(bitPattern: loop.now.nanoseconds))
        loop.beforeSleep { [unowned self] in handOver() }
    }

    public var count: Int { waiting.count - next + busy }

    public func change(to settings: Settings) {
        self.settings = settings
        stays = Histogram()
        changedAt = loop.now
        fillSlots()
    }

    public func place(_ purchases: [PlacedOrder]) {
        waiting.append(contentsOf: purchases)
        fillSlots()
    }

    public func withdrawWaiting() -> [PlacedOrder] {
        defer {
            waiting.removeAll()
            next = 0
        }
        return Array(waiting[next...])
    }

    /// - Parameter freedAt: when a slot became free, which may be a little before its timer ran: its next order begins
    ///   then, so that the sink's capacity is slots by time also on a busy machine.
    private func fillSlots(freedAt: MonotonicInstant? = nil) {
        let earliest = max(freedAt ?? loop.now, loop.now + Self.longestAgo)
        while busy < settings.slots, next < waiting.count {
            let order = waiting[next]
            next += 1
            busy += 1
            let began = min(loop.now, max(earliest, order.takenAt))
            let due = began + times.span(mean: settings.delay, variationPercent: settings.variationPercent)
            loop.schedule(at: due) { [unowned self] in
                busy -= 1
                assert(busy >= 0, "an order ended twice")
                if order.takenAt >= changedAt { stays.record((loop.now - order.takenAt).wholeMicroseconds) }
                finished.append(FinishedOrder(order: order, outcome: .confirmed, execution: loop.now - began))
                fillSlots(freedAt: due)
            }
        }
        if next > 1024, next * 2 > waiting.count {
            waiting.removeFirst(next)
            next = 0
        }
    }

    /// All that ended in one turn is settled in one call.
    private func handOver() {
        guard !finished.isEmpty else { return }
        let batch = finished
        finished.removeAll(keepingCapacity: true)
        onFinished?(batch)
    }
}
