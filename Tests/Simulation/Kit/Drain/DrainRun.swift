public import Base
public import Domain
import TestKit

/// A drain through the product: its scheduler and its workers with the webhook sink, before an order service in virtual
/// time; and the ideal beside it.
public final class DrainRun {
    /// What can be seen of one second.
    public struct Second: Sendable {
        public var time: TimeSpan  // since the first purchase arrived, at its end
        /// Of the group; nil while no scheduler leads, or it knows of none.
        public var group: CapacityResource?
        public var workers: [CapacityResource] = []
        public var waiting: Int64  // purchases in the queue
        public var inService: Int
        public var queueInService: Int
        public var slots: Int
        public var mean: TimeSpan
        public var finished: Int
        public var ideal: Int
    }

    private static let topUp = TimeSpan.milliseconds(100)

    public let drain: DrainCase
    private let sale: SaleRun
    private let service: SimulatedOrderService
    private let ideal: IdealRun

    public init(_ drain: DrainCase) {
        var size = SaleRun.Size()
        (size.items, size.workers, size.largestQuantity) = (1, drain.workers, 1)
        size.stock = 100_000_000...100_000_000
        size.group = ("shop", drain.cap)
        size.orderService = drain.service
        self.drain = drain
        sale = SaleRun(seed: drain.seed, size: size)
        guard let service = sale.orderService else { preconditionFailure("the size has an order service") }
        self.service = service
        ideal = IdealRun(drain)
        planArrivals()
        for act in drain.acts { sale.after(act.at) { Self.perform(act, on: $0) } }
    }

    /// Runs it to its end.
    ///
    /// - Parameter trace: gets each second.
    public func run(trace: ((Second) -> Void)? = nil) -> DrainScore {
        var (time, last) = (DrainCase.start, (product: 0, ideal: 0))
        var queue = ServiceQueue()
        while time < drain.end {
            time = min(drain.end, time + .seconds(1))
            sale.run(to: time)
            ideal.run(to: time)
            if let trace { trace(second(time, since: last)) }
            last = (service.finishes.count, ideal.finishes.count)
            queue.look(at: service.model)
        }
        var score = DrainScore(
            drain, product: service.finishes, ideal: ideal.finishes, worksUntil: ideal.doneAt ?? drain.end)
        score.calls = service.calls
        score.queue = queue.mean
        score.collapses = service.model.collapses
        score.violation = sale.violation
        return score
    }

    /// Purchases finished in this time, over those that the ideal finished; nil where these are none.
    public func share(from: TimeSpan, to: TimeSpan) -> Double? {
        let possible = Finishes(ideal.finishes).count(from: from, to: to)
        return possible > 0 ? Double(Finishes(service.finishes).count(from: from, to: to)) / Double(possible) : nil
    }

    /// Of every message and its moment: two runs of one seed have the same.
    public var digest: UInt64 { sale.store.digest }

    private func second(_ time: TimeSpan, since last: (product: Int, ideal: Int)) -> Second {
        Second(
            time: time - DrainCase.start, group: sale.resources.first { $0.kind == .group },
            workers: sale.resources.filter { $0.kind == .worker },
            waiting: sale.store.counters(0).waiting, inService: service.model.busy,
            queueInService: service.model.waiting, slots: service.model.slots,
            mean: drain.service.model.course.mean(at: sale.world.now),
            finished: service.finishes.count - last.product, ideal: ideal.finishes.count - last.ideal)
    }

    // MARK: What happens

    private func planArrivals() {
        switch drain.arrivals {
        case .backlog:
            let most = drain.regimes.map(\.rate).max()!
            let depth = max(64, Int64(most * 0.3))
            sale.after(DrainCase.start) { Self.keepBacklog(depth, of: $0) }
        case .listed(let list):
            for (at, count) in list { sale.after(at) { $0.admit(count, to: 0) } }
        }
    }

    /// Never empty, and short: the model of the store moves the whole queue with every purchase that is taken.
    private static func keepBacklog(_ depth: Int64, of sale: SaleRun) {
        let missing = depth - sale.store.counters(0).waiting
        if missing > 0 { sale.admit(missing, to: 0) }
        sale.after(topUp) { keepBacklog(depth, of: $0) }
    }

    private static func perform(_ act: DrainCase.Act, on sale: SaleRun) {
        switch act.kind {
        case .leaderStops:
            sale.stopLeader()
            sale.after(.milliseconds(3)) { $0.startScheduler() }
        case .leaderDies:
            guard sale.schedulerCount > 0 else { return }
            sale.killScheduler()
            sale.after(act.length) { $0.startScheduler() }
        case .workerDies:
            guard sale.workerCount > 0 else { return }
            sale.kill(worker: Int(act.worker) % sale.workerCount)
            sale.after(act.length) { $0.startWorker() }
        case .workerCutOff, .leaderCutOff: cutOff(act, until: sale.world.now + act.length, on: sale)
        }
    }

    private static func cutOff(_ act: DrainCase.Act, until end: MonotonicInstant, on sale: SaleRun) {
        guard sale.world.now < end else { return }
        if act.kind == .leaderCutOff {
            sale.cutMessages()
        } else if sale.workerCount > 0 {
            sale.cutMessages(worker: Int(act.worker) % sale.workerCount)
        }
        sale.after(.milliseconds(50)) { cutOff(act, until: end, on: $0) }
    }
}
