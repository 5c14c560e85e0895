import Base
import Glibc

func logarithm(_ value: Double) -> Double { log(value) }

/// The slots of one worker, before which purchases queue inside it, and a service time with a chosen spread.
public struct Station: Sendable {
    public var slots: Int
    public var service: Double  // nanoseconds, mean
    public var cv: Double  // of the service time, a gamma distribution; at most 1
    public var slower = 1.0

    var isAlive = true
    var epoch = 0
    var busy = 0
    var queue = Fifo()
    var prefetched = Fifo()  // granted beyond the window, waiting for room
    var beingTaken = 0  // prefetched before, on their way into a slot
    var taken: Int { busy + queue.count + beingTaken }
    var paused: Int64 = 0  // nanoseconds, in all
    var pauseEnds: Int64 = 0

    public init(slots: Int, milliseconds: Double, cv: Double = 0.5) {
        self.slots = slots
        service = milliseconds * 1e6
        self.cv = cv
    }

    /// Completions a second that it could do now.
    func capacity(now: Int64) -> Double { isAlive && now >= pauseEnds ? Double(slots) * 1e9 / unloaded : 0 }

    var unloaded: Double { service * slower }

    mutating func sample(_ random: inout SplitMix64) -> Int64 {
        guard cv > 0 else { return Int64(unloaded) }
        let shape = max(1, Int((1 / (cv * cv)).rounded()))
        var product = 1.0
        for _ in 0..<shape { product *= 1 - Double(random.next() >> 11) * 0x1p-53 }
        return max(1, Int64(-log(product) * unloaded / Double(shape)))
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
