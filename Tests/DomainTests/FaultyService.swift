import Base
import Domain

/// A service of ten slots and 20 ms behind a controller, 500 calls a second, with errors that have nothing to do with
/// load. There is always more to send.
struct FaultyService {
    static let slotCount: Int64 = 10

    var controller: LatencyController
    private(set) var time: Int64 = 0  // milliseconds, until which it ran
    private var random: SplitMix64
    private var slots = [Int64](repeating: 0, count: Int(slotCount))  // when each is free, milliseconds
    private var calls: [(ends: Int64, sentAt: Int64, isAnswered: Bool)] = []
    private var completed: [Int64] = []  // by second, failed ones included

    init(seed: UInt64, _ controller: LatencyController = LatencyController(now: at(0))) {
        self.controller = controller
        random = SplitMix64(seed: seed)
    }

    var inFlight: Int64 { Int64(calls.count) }
    var now: MonotonicInstant { at(time) }

    /// - Parameters:
    ///   - end: milliseconds since it began.
    ///   - percent: of the calls that fail, by the time at which they are sent, milliseconds.
    mutating func run(to end: Int64, failing percent: (Int64) -> Int64 = { _ in 0 }) {
        while time < end {
            step(percent)
            time += 1
        }
    }

    /// As long as `isWanted`, for a minute at most.
    mutating func run(while isWanted: (Self) -> Bool, failing percent: Int64) {
        let end = time + 60_000
        while time < end, isWanted(self) { run(to: time + 1) { _ in percent } }
    }

    private mutating func step(_ percent: (Int64) -> Int64) {
        let ended = calls.filter { $0.ends <= time }
        calls.removeAll { $0.ends <= time }
        if time % 1_000 == 0 { completed.append(0) }
        for call in ended {
            controller.finished(latency: .milliseconds(time - call.sentAt), isAnswered: call.isAnswered, now: now)
            completed[completed.count - 1] += 1
        }
        var tokens = min(controller.tokens(room: controller.window - inFlight, now: now), controller.window - inFlight)
        while tokens > 0 {
            tokens -= 1
            let slot = slots.indices.min { slots[$0] < slots[$1] } ?? 0
            slots[slot] = max(slots[slot], time) + 15 + random.below(11)
            calls.append((slots[slot], time, random.below(100) >= percent(time)))
            controller.sent(1, inFlight: inFlight, now: now)
        }
    }

    /// Calls a second that ended, over some seconds since it began.
    func rate(_ seconds: Range<Int>) -> Int64 { completed[seconds].reduce(0, +) / Int64(seconds.count) }
}
