/// `sluice plan`: a sale on paper. Values in, values out; it calls no server.
public struct Plan: Sendable, Equatable {
    public let workers: Int
    public let conditions: SaleConditions
    public let costs: Costs
    public let line: ServiceLine
    public let course: SaleCourse

    public init(_ conditions: SaleConditions, workers: Int, costs: Costs = Costs()) {
        self.workers = workers
        self.conditions = conditions
        self.costs = costs
        line = ServiceLine(
            arrivalsPerSecond: conditions.arrivalsPerSecond, serviceSeconds: conditions.serviceSeconds,
            slots: conditions.slots)
        course = SaleCourse(conditions)
    }

    /// The most purchases that wait. A fluid has no chance in it: below capacity the long run's mean takes its place.
    public var peakWaiting: Double {
        min(conditions.queueLimit, max(course.peakWaiting, line.meanQueue ?? 0))
    }

    /// Seconds that the buyer of the last unit waits in the queue; nil when units are left.
    public var lastWinnerWait: Double? { course.lastWinnerWait.map { max($0, line.meanWait ?? 0) } }

    /// Polls at the peak of the queue, and of purchases whose order is being placed.
    public var pollsPerSecond: Double {
        PollRate.moving(waiting: peakWaiting, perSecond: conditions.capacityPerSecond)
            + busyAtPeak / PollRate.processing
    }

    /// The same while nothing moves: the item is paused, or no worker lives.
    public var stalledPollsPerSecond: Double { PollRate.stalled(waiting: peakWaiting) }

    public var connections: Double { peakWaiting + busyAtPeak }
    public var requestsPerSecond: Double { conditions.openingPerSecond + pollsPerSecond }

    /// Cores that `sluice-queue` needs when the opening's arrivals and the peak's polls come together.
    public var queueCores: Double {
        (conditions.openingPerSecond * costs.purchase + pollsPerSecond * costs.poll) / 1_000_000
    }

    /// Share of Redis' one thread, 1 being all of it.
    public var redisCores: Double {
        (conditions.openingPerSecond * costs.redisAdmit + ordersPerSecond * costs.redisOrder) / 1_000_000
    }

    public var workerCores: Double { ordersPerSecond * costs.worker / 1_000_000 }
    public var redisBytes: Double { course.admitted * costs.waiting }
    public var connectionBytes: Double { connections * costs.connection }

    private var ordersPerSecond: Double { min(conditions.capacityPerSecond, conditions.openingPerSecond) }
    private var busyAtPeak: Double {
        min(Double(conditions.slots), conditions.openingPerSecond * conditions.serviceSeconds)
    }
}

extension Plan {
    static let mostSlots = 100_000

    static func run(_ invocation: Invocation, console: Console) throws(Failure) -> ExitCode {
        let plan = try Plan(invocation)
        if invocation.has("json") { console.print(plan.json.text) } else { console.print(plan.lines) }
        return .done
    }

    /// - Throws: every problem that lies between flags rather than in one, with code 2.
    public init(_ invocation: Invocation) throws(Failure) {
        let stock = Double(invocation.given(PlanOptions.stock) ?? 1)
        let workers = invocation[PlanOptions.workers]
        let slots = workers * invocation[PlanOptions.slots]
        let byRule = stock * invocation[PlanOptions.queueFactor] + Double(invocation[PlanOptions.queueMargin])
        let queueLimit = invocation.given(PlanOptions.queueLimit)
        let conditions = SaleConditions(
            arrivalsPerSecond: invocation[PlanOptions.arrivals],
            spikeArrivals: invocation[PlanOptions.spikeArrivals],
            spikeSeconds: invocation[PlanOptions.spikeSeconds], stock: stock,
            queueLimit: (queueLimit.map(Double.init) ?? byRule).rounded(.down),
            slots: slots, serviceSeconds: (invocation.given(PlanOptions.service) ?? 1) / 1_000)

        var problems: [String] = []
        if conditions.openingPerSecond == 0 { problems.append("nobody comes: give --arrivals N or --spike-arrivals N") }
        if slots > Self.mostSlots { problems.append("\(slots) slots in all are more than \(Self.mostSlots)") }
        if conditions.queueLimit < 1 { problems.append("stock × factor + margin is below 1: nobody could wait") }
        let isByRule =
            invocation.given(PlanOptions.queueFactor) != nil || invocation.given(PlanOptions.queueMargin) != nil
        if queueLimit != nil, isByRule {
            problems.append("--queue-limit says it all: leave --queue-factor and --queue-margin out")
        }
        if invocation.given(PlanOptions.spikeSeconds) != nil, conditions.spikeArrivals == 0 {
            problems.append("--spike-seconds needs --spike-arrivals N")
        }
        guard problems.isEmpty else { throw Failure(.usage, problems, hint: "sluice help plan") }
        self.init(conditions, workers: workers, costs: Costs(invocation))
    }
}

extension Costs {
    init(_ invocation: Invocation) {
        let measured = Costs()
        purchase = invocation.number("purchase-us") ?? measured.purchase
        poll = invocation.number("poll-us") ?? measured.poll
        redisAdmit = invocation.number("redis-admit-us") ?? measured.redisAdmit
        redisOrder = invocation.number("redis-order-us") ?? measured.redisOrder
        worker = invocation.number("worker-us") ?? measured.worker
        waiting = invocation.number("waiting-bytes") ?? measured.waiting
        connection = invocation.number("connection-bytes") ?? measured.connection
    }
}
