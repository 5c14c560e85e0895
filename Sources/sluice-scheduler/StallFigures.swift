import Base
import Domain
import Operations

/// Items that nothing is decided of though they could be served, as JSON for the list of nodes and as metrics.
enum StallFigures {
    private static let mostTold = 10
    private static let mostMeasured = 50

    static func write(_ stalled: [(item: ItemName, time: TimeSpan)], into json: inout JSONWriter) {
        json.key("stalled")
        json.beginArray()
        for (item, time) in stalled.prefix(mostTold) {
            json.beginObject()
            json.field("item", item.description)
            json.field("ms", time.wholeMilliseconds)
            json.endObject()
        }
        json.endArray()
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
