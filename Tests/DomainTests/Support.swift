import Base
import Domain

func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

let demo = ItemName("demo")!

func counters(_ change: (inout ItemCounters) -> Void) -> ItemCounters {
    var counters = ItemCounters()
    change(&counters)
    return counters
}

func rules(_ change: (inout ItemSettings) -> Void) -> ItemSettings {
    var settings = ItemSettings()
    change(&settings)
    return settings
}

/// A read of the item `demo`; what is not said is 0, open and unlimited.
func snapshot(
    version: Int64 = 1, notification: Int64 = 1, incarnation: UInt64 = 7, boot: String = "a",
    storeTime: Int64 = 1_000_000,
    settings: ItemSettings = ItemSettings(), _ change: (inout ItemCounters) -> Void = { _ in }
) -> ItemSnapshot {
    ItemSnapshot(
        counters: counters {
            change(&$0)
            $0.version = version
            $0.notification = notification
        },
        settings: settings, boot: boot, incarnation: incarnation, salt: [],
        storeTime: WallInstant(milliseconds: storeTime))
}

/// A notification of `demo`; of kind C where the settings changed.
func notification(
    _ kind: String = "D", version: Int64, notification: Int64, incarnation: UInt64 = 7,
    runs: [(first: Int64, count: Int64, byte: ResultByte)] = [], _ change: (inout ItemCounters) -> Void = { _ in }
) -> ChangeNotification {
    let all = counters {
        change(&$0)
        $0.version = version
        $0.notification = notification
        for run in runs { $0.tail = max($0.tail, run.first + run.count - 1) }
    }
    return ChangeNotification(
        item: demo, incarnation: incarnation, changesSettings: kind == "C", counters: all,
        runs: runs.map { .init(first: $0.first, count: $0.count, byte: $0.byte.rawValue) })
}

/// A scheduler that leads in term 1 and knows of nobody.
func leadingScheduler() -> Scheduler {
    var scheduler = Scheduler(lease: .seconds(3))
    scheduler.begin(term: 1, now: at(0))
    return scheduler
}

/// What is published of a worker, in the words of most tests.
struct WorkerFigures {
    var id: String
    var window: Int64
    var inFlight: Int64
    var rate: Int64  // per second
}

extension Scheduler {
    var figures: [WorkerFigures] {
        resources.filter { $0.kind == .worker }.map {
            WorkerFigures(
                id: $0.name, window: $0.state.window, inFlight: $0.inFlight, rate: $0.state.rate1000 / 1_000)
        }
    }
}

extension SplitMix64 {
    /// A random time around 1. Above a coefficient of variation of 1, one in many is long and the others are short.
    mutating func time(variation: Double) -> Double {
        let square = variation * variation
        guard variation > 1 else { return gamma(shape: 1 / square) * square }
        let long = 1 / (4 * square + 1)  // share of the long ones; the others take half of the mean
        return uniform() < long ? 0.5 + 0.5 / long : 0.5
    }
}
