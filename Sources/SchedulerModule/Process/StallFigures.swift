import Base
import Domain
import Operations

/// Items that could be served and of which nothing is decided, for the list of nodes and as metrics.
enum StallFigures {
    private static let mostDescribed = 10
    private static let mostMeasured = 50

    static func described(_ stalled: [(item: ItemName, time: TimeSpan)]) -> [ClusterFacts.Stall] {
        stalled.prefix(mostDescribed).map { item, time in
            ClusterFacts.Stall(item: item.description, milliseconds: time.wholeMilliseconds)
        }
    }

    static func add(_ stalled: [(item: ItemName, time: TimeSpan)], to page: inout MetricsPage) {
        let longest = stalled.first?.time ?? .zero
        page.gauge(
            "sluice_stalled_seconds",
            help: "how long nothing was decided of the item that stands still longest, with units and capacity free",
            .scaled(longest.wholeMilliseconds, .milliseconds))
        for (item, time) in stalled.prefix(mostMeasured) {
            page.gauge(
                "sluice_item_stalled_seconds", help: "the same of each item that stands still",
                labels: ["item": item.description], .scaled(time.wholeMilliseconds, .milliseconds))
        }
    }
}
