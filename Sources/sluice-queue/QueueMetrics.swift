import Base
import HTTPServer
import Operations
import QueueModule
import Store

/// The metrics page of a queue process.
enum QueueMetrics {
    static func write(_ loops: [QueueFigures], items: [FrontDoor.ItemFigures], to page: inout MetricsPage) {
        func sum(_ value: (QueueFigures) -> UInt64) -> Int64 { Int64(clamping: loops.reduce(0) { $0 + value($1) }) }
        let purchases: StaticString = "sluice_purchases_total"
        let help: StaticString = "purchases by their answer"
        page.counter(purchases, help: help, labels: ["outcome": "accepted"], sum(\.accepted))
        page.counter(purchases, help: help, labels: ["outcome": "replayed"], sum(\.replayed))
        for refusal in QueueFigures.PurchaseRefusal.allCases {
            page.counter(
                purchases, help: help, labels: ["outcome": refusal.label], sum { $0.refused[refusal.rawValue] })
        }
        page.counter(
            "sluice_purchases_refused_from_memory_total", help: "refusals that cost no call of the store",
            sum(\.refusedFromMemory))
        page.counter("sluice_polls_total", help: "polls of tickets", sum(\.polls))
        page.counter(
            "sluice_polls_from_memory_total", help: "polls that cost no call of the store", sum(\.pollsFromMemory))
        page.counter("sluice_tickets_forged_total", help: "tickets that were not made by us", sum(\.forgedTickets))
        page.counter("sluice_admission_batches_total", help: "calls that admitted purchases", sum(\.batches))
        page.counter("sluice_store_failures_total", help: "requests that the store failed", sum(\.storeFailures))
        page.counter(
            "sluice_store_rollbacks_total", help: "items that came back with less than was acknowledged",
            sum(\.rollbacks))
        page.addStoreImpairments(
            loops.flatMap { $0.impairments.map(\.name) }, of: Impairment.Cause.allCases.map(\.name))
        page.gauge(
            "sluice_connections", help: "open connections",
            Int64(loops.reduce(0) { $0 + $1.server.connectionsOpen }))
        page.counter("sluice_http_requests_total", help: "requests", sum(\.server.requests))
        page.counter("sluice_http_bytes_in_total", help: "bytes read", sum(\.server.bytesIn))
        page.counter("sluice_http_bytes_out_total", help: "bytes written", sum(\.server.bytesOut))
        page.counter(
            "sluice_connections_refused_total", help: "connections over the limit", sum(\.server.connectionsRefused))
        for item in items {
            let labels: MetricsPage.Labels = ["item": item.name]
            page.gauge("sluice_queue_depth", help: "purchases waiting", labels: labels, item.waiting)
            page.gauge("sluice_stock_free", help: "units left", labels: labels, item.free)
            page.gauge("sluice_stock_held", help: "units held", labels: labels, item.held)
            page.gauge("sluice_stock_sold", help: "units sold", labels: labels, item.sold)
            page.gauge("sluice_item_frozen", help: "1 while an operator is needed", labels: labels, item.frozen)
        }
    }
}
