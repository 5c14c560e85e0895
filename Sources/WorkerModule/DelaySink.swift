public import Base
public import Domain
public import EventLoop
import Store

/// A sink for rehearsals and tests: every order takes a set time in one of a set number of slots, and is confirmed.
/// Both can be changed while it runs; an order that has begun keeps its time.
public final class DelaySink: OrderSink {
    public struct Settings: Sendable, Equatable {
        public var delay: TimeSpan  // 0 ... 1 h
        public var slots: Int  // 1 ... 10,000
        public init(delay: TimeSpan, slots: Int) {
            self.delay = delay
            self.slots = slots
        }
    }

    public var onFinished: (([FinishedOrder]) -> Void)?
    public var onCalls: (([SinkCall]) -> Void)?
    public let group: SinkGroup? = nil
    public let breaker = BreakerState.closed
    public private(set) var settings: Settings
    private let loop: EventLoop
    private var waiting: [PlacedOrder] = []  // oldest first, from `next`
    private var next = 0
    private var busy = 0
    private var finished: [FinishedOrder] = []

    public init(loop: EventLoop, settings: Settings) {
        self.loop = loop
        self.settings = settings
        loop.beforeSleep { [unowned self] in handOver() }
    }

    public var count: Int { waiting.count - next + busy }

    public func change(to settings: Settings) {
        self.settings = settings
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

    private func fillSlots() {
        while busy < settings.slots, next < waiting.count {
            let order = waiting[next]
            next += 1
            busy += 1
            let began = loop.now
            loop.schedule(after: settings.delay) { [unowned self] in
                busy -= 1
                finished.append(FinishedOrder(order: order, outcome: .confirmed, execution: loop.now - began))
                fillSlots()
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
