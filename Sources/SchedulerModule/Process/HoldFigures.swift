import Base
import Domain
import Operations

/// What the leader does with holds, as metrics.
enum HoldFigures {
    private static let bounds: [Int64] = [
        1_000, 5_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
    ]

    static func add(_ driver: SchedulerDriver, to page: inout MetricsPage) {
        add(
            expired: driver.holdsExpired, lateness: driver.holdLateness,
            apart: driver.isLeader ? driver.clocksApart : .zero, to: &page)
    }

    static func add(expired: UInt64, lateness: Histogram, apart: TimeSpan, to page: inout MetricsPage) {
        page.counter(
            "sluice_holds_expired_total", help: "holds that ended because they were not paid in time",
            Int64(clamping: expired))
        page.histogram(
            "sluice_hold_expiry_lateness_seconds", help: "from the deadline and the grace of a hold to its end",
            lateness, bounds: bounds, unit: .microseconds)
        page.gauge(
            "sluice_pay_clock_apart_seconds",
            help: "by how much the clock of Redis parts from the one by which holds end; 0 while they end",
            .scaled(apart.wholeMilliseconds, .milliseconds))
    }
}
