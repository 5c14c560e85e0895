import Base
import Glibc

/// What serves purchases: hidden slots before which they queue, a service time with a chosen spread, and ways to go
/// wrong.
public struct Station: Sendable {
    /// A service that breaks when it is asked too fast: eight times slower, nine of ten calls fail, until it is calm.
    public struct Cliff: Sendable {
        public var collapseAbove = 40  // arrivals in any second
        public var calmBelow = 15  // arrivals in any second, for two seconds
        public init() {}
    }

    public var slots: Int
    public var service: Double  // nanoseconds, mean
    public var cv: Double  // of the service time, a gamma distribution; at most 1
    public var slower = 1.0
    public var cliff: Cliff?

    var isAlive = true
    var epoch = 0
    var busy = 0
    var queue = Fifo()
    var prefetched = Fifo()  // granted beyond the window, waiting for room
    var beingTaken = 0  // prefetched before, on their way into a slot
    var taken: Int { busy + queue.count + beingTaken }
    var paused: Int64 = 0  // nanoseconds, in all
    var pauseEnds: Int64 = 0
    var arrivals = Fifo()
    var isCollapsed = false
    var calmSince: Int64?

    public init(slots: Int, milliseconds: Double, cv: Double = 0.5, cliff: Cliff? = nil) {
        self.slots = slots
        service = milliseconds * 1e6
        self.cv = cv
        self.cliff = cliff
    }

    /// Completions a second that it could do now; a collapse is our own doing and not deducted.
    func capacity(now: Int64) -> Double {
        isAlive && now >= pauseEnds ? Double(slots) * 1e9 / (service * slower) : 0
    }

    var unloaded: Double { service * slower }

    mutating func sample(_ random: inout SplitMix64) -> Int64 {
        guard cv > 0 else { return Int64(unloaded) }
        let shape = max(1, Int((1 / (cv * cv)).rounded()))
        var product = 1.0
        for _ in 0..<shape { product *= 1 - Double(random.next() >> 11) * 0x1p-53 }
        return max(1, Int64(-log(product) * unloaded / Double(shape)))
    }

    /// Notes an arrival; true when it breaks the station.
    mutating func arrived(now: Int64) -> Bool {
        guard let cliff else { return false }
        arrivals.append(now)
        while let first = arrivals.first, first < now - 1_000_000_000 { arrivals.removeFirst() }
        guard arrivals.count > cliff.collapseAbove, !isCollapsed else { return false }
        isCollapsed = true
        calmSince = nil
        return true
    }

    mutating func lookForCalm(now: Int64) {
        guard let cliff, isCollapsed else { return }
        while let first = arrivals.first, first < now - 1_000_000_000 { arrivals.removeFirst() }
        guard arrivals.count <= cliff.calmBelow else { return calmSince = nil }
        let since = calmSince ?? now
        calmSince = since
        if now - since >= 2_000_000_000 { isCollapsed = false }
    }
}

/// Numbers in the order of their coming.
struct Fifo: Sendable {
    private var values: [Int64] = []
    private var head = 0

    var count: Int { values.count - head }
    var first: Int64? { head < values.count ? values[head] : nil }

    mutating func append(_ value: Int64) { values.append(value) }

    mutating func removeFirst() {
        head += 1
        if head > 64, head * 2 > values.count {
            values.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() {
        values.removeAll(keepingCapacity: true)
        head = 0
    }
}
