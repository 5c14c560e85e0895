import Glibc

/// One queue before `slots` equal slots in the long run: Poisson arrivals, exponential service, first come first
/// served (M/M/c).
///
/// Source: A. K. Erlang, 1917; the formulae stand in docs/capacity-planning.md. O(slots) to make.
public struct ServiceLine: Sendable, Equatable {
    public let arrivalsPerSecond: Double  // 0 or more
    public let serviceSeconds: Double  // mean of one order, above 0
    public let slots: Int  // 1 or more

    /// Erlang C: the share of buyers who find every slot busy; 1 when the line is not stable.
    public let probabilityOfWaiting: Double

    public init(arrivalsPerSecond: Double, serviceSeconds: Double, slots: Int) {
        precondition(arrivalsPerSecond >= 0 && serviceSeconds > 0 && slots > 0)
        self.arrivalsPerSecond = arrivalsPerSecond
        self.serviceSeconds = serviceSeconds
        self.slots = slots
        let load = arrivalsPerSecond * serviceSeconds
        let utilisation = load / Double(slots)
        guard utilisation < 1 else {
            probabilityOfWaiting = 1
            return
        }
        // Erlang B, slot by slot: every step stays in 0...1, where powers and factorials would overflow past 170 slots.
        var blocked = 1.0
        for slot in 1...slots { blocked = load * blocked / (Double(slot) + load * blocked) }
        probabilityOfWaiting = blocked / ((1 - utilisation) + utilisation * blocked)
    }

    /// Orders a second that all slots together end.
    public var capacityPerSecond: Double { Double(slots) / serviceSeconds }

    /// Slots busy on average (Erlang), when the line is stable.
    public var load: Double { arrivalsPerSecond * serviceSeconds }
    public var utilisation: Double { load / Double(slots) }
    public var isStable: Bool { utilisation < 1 }

    /// Purchases a second by which an unstable line grows; 0 or less when it is stable.
    public var growthPerSecond: Double { arrivalsPerSecond - capacityPerSecond }

    /// Seconds from being admitted to being taken, nil when they grow without end. So are the others.
    public var meanWait: Double? {
        isStable ? probabilityOfWaiting / (capacityPerSecond - arrivalsPerSecond) : nil
    }

    /// Purchases waiting, by Little's law.
    public var meanQueue: Double? { meanWait.map { $0 * arrivalsPerSecond } }

    /// Purchases waiting or in a slot.
    public var meanInSystem: Double? { meanQueue.map { $0 + load } }

    /// The wait in seconds that a share of `quantile` (0..<1) of all buyers does not exceed.
    public func wait(quantile: Double) -> Double? {
        precondition((0..<1).contains(quantile))
        guard isStable else { return nil }
        let beyond = 1 - quantile
        guard probabilityOfWaiting > beyond else { return 0 }
        return log(probabilityOfWaiting / beyond) / (capacityPerSecond - arrivalsPerSecond)
    }
}
