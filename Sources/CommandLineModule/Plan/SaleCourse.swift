import Glibc

/// What a sale is planned for. Every purchase is for one unit.
public struct SaleConditions: Sendable, Equatable {
    public var arrivalsPerSecond: Double  // steady, 0 or more
    public var spikeArrivals: Double = 0  // buyers on top of the steady ones, evenly over the first `spikeSeconds`
    public var spikeSeconds: Double = 1  // above 0
    public var stock: Double  // units, 1 or more
    public var queueLimit: Double  // purchases that may wait, 1 or more
    public var slots: Int  // of all workers
    public var serviceSeconds: Double  // mean of one order

    public var capacityPerSecond: Double { Double(slots) / serviceSeconds }
    public var openingPerSecond: Double { arrivalsPerSecond + spikeArrivals / spikeSeconds }
}

/// A sale from its opening to its last unit, as a fluid: buyers flow in at piecewise constant rates, and the expected
/// number of orders flows out. Exact in the limit of many buyers; docs/capacity-planning.md has the equations.
///
/// A few steps from event to event, so its cost does not depend on the size of the sale.
public struct SaleCourse: Sendable, Equatable {
    public private(set) var peakWaiting = 0.0  // purchases
    public private(set) var peakSeconds = 0.0  // after the opening; when the peak is first reached
    public private(set) var fullSeconds: Double?  // when the queue is first full
    public private(set) var admitted = 0.0
    public private(set) var refusedFull = 0.0  // requests until the end; who comes again counts again
    public private(set) var refusedSoldOut = 0.0  // the remainder of the spike
    public private(set) var soldOutSeconds: Double?  // the last order is placed, all losers answered; nil: stock stays
    public private(set) var lastWinnerWait: Double?  // seconds in the queue
    public private(set) var losers = 0.0  // purchases still waiting at the end
    public private(set) var longestLoserWait: Double?  // seconds until the first of them has the result

    private let conditions: SaleConditions
    private var now = 0.0
    private var waiting = 0.0
    private var busy = 0.0  // slots at work; all of them whenever a purchase waits
    private var taken = 0.0
    private var lastWinnerArrived: Double?
    private var settling: Double?  // since the last unit is taken: when its order will be placed

    public init(_ conditions: SaleConditions) {
        precondition(conditions.stock >= 1 && conditions.queueLimit >= 1 && conditions.slots >= 1)
        precondition(conditions.arrivalsPerSecond >= 0 && conditions.spikeArrivals >= 0)
        precondition(conditions.spikeSeconds > 0 && conditions.serviceSeconds > 0)
        self.conditions = conditions
        while let (event, after) = nextEvent() {
            advance(by: after)
            let isOver = happen(event)
            if waiting > peakWaiting { (peakWaiting, peakSeconds) = (waiting, now) }
            if isOver { break }
        }
    }

    private enum Event { case spikeEnds, slotsFull, queueFull, queueEmpty, lastWinnerArrives, lastUnitTaken, settled }

    private var slots: Double { Double(conditions.slots) }
    private var isSpike: Bool { now < conditions.spikeSeconds }
    private var inflow: Double { isSpike ? conditions.openingPerSecond : conditions.arrivalsPerSecond }
    private var isFull: Bool { waiting >= conditions.queueLimit }
    /// All slots are busy and stay so: what comes beyond their rate has to wait.
    private var isSaturated: Bool { waiting > 0 || busy >= slots && target > slots }
    /// Slots that the inflow would keep busy if there were enough.
    private var target: Double { inflow * conditions.serviceSeconds }
    private var outflow: Double {
        if settling != nil { return 0 }
        return isSaturated ? conditions.capacityPerSecond : inflow
    }
    private var admission: Double { isFull ? min(inflow, outflow) : inflow }

    /// The earliest of what may happen next, and in how many seconds; nil when nothing changes any more.
    private func nextEvent() -> (Event, Double)? {
        var events: [(Event, Double)] = []
        if isSpike { events.append((.spikeEnds, conditions.spikeSeconds - now)) }
        if let settling { events.append((.settled, settling - now)) }
        if !isSaturated, settling == nil, target > slots {
            events.append((.slotsFull, conditions.serviceSeconds * log((target - busy) / (target - slots))))
        }
        let growth = admission - outflow
        if growth > 0, !isFull { events.append((.queueFull, (conditions.queueLimit - waiting) / growth)) }
        if growth < 0, waiting > 0 { events.append((.queueEmpty, waiting / -growth)) }
        if lastWinnerArrived == nil, let seconds = time(from: admitted, by: admission) {
            events.append((.lastWinnerArrives, seconds))
        }
        if settling == nil, let seconds = time(from: taken, by: outflow) { events.append((.lastUnitTaken, seconds)) }
        return events.min { $0.1 < $1.1 }.map { ($0.0, max(0, $0.1)) }
    }

    /// Seconds until `count` is the whole stock. A sum of steps may miss it by a rounding after the last arrival.
    private func time(from count: Double, by rate: Double) -> Double? {
        let left = conditions.stock - count
        if left <= conditions.stock * 1e-9 { return 0 }
        return rate > 0 ? left / rate : nil
    }

    private mutating func advance(by seconds: Double) {
        let (came, left) = (admission * seconds, outflow * seconds)
        refusedFull += (inflow - admission) * seconds
        busy = isSaturated ? slots : min(slots, target + (busy - target) * exp(-seconds / conditions.serviceSeconds))
        admitted += came
        taken += left
        waiting = min(conditions.queueLimit, max(0, waiting + came - left))
        now += seconds
    }

    /// Sets exactly what rounding only comes near to, so that no event happens twice. True at the end of the sale.
    private mutating func happen(_ event: Event) -> Bool {
        switch event {
        case .spikeEnds: now = conditions.spikeSeconds
        case .slotsFull: busy = slots
        case .queueEmpty: waiting = 0
        case .queueFull:
            waiting = conditions.queueLimit
            if fullSeconds == nil { fullSeconds = now }
        case .lastWinnerArrives: lastWinnerArrived = now
        case .lastUnitTaken:
            if lastWinnerArrived == nil { lastWinnerArrived = now }
            lastWinnerWait = now - (lastWinnerArrived ?? now)
            // The last of n exponential times comes after their mean times the n-th harmonic number.
            let last = max(1, min(busy, conditions.stock).rounded())
            settling = now + conditions.serviceSeconds * harmonic(Int(last))
        case .settled:
            soldOutSeconds = now
            losers = waiting
            if waiting > 0, let lastWinnerArrived { longestLoserWait = now - lastWinnerArrived }
            refusedSoldOut = max(0, conditions.spikeSeconds - now) * inflow
            return true
        }
        return false
    }
}

/// 1 + 1/2 + … + 1/count.
func harmonic(_ count: Int) -> Double { (1...max(1, count)).reduce(0) { $0 + 1 / Double($1) } }
