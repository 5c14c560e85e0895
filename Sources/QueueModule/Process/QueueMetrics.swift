import Base
import Domain
import HTTPServer
import Operations
import Store

/// The figures of one loop at a scrape.
struct LoopFigures: Sendable {
    let counted: QueueFigures
    let items: [ItemFigures]
}

/// The metrics page of a queue process.
enum QueueMetrics {
    static func write(_ all: [LoopFigures], to page: inout MetricsPage) {
        let loops = all.map(\.counted)
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
        page.addStoreImpairments(loops.flatMap(\.impairments))
        page.counter(
            "sluice_store_emptied_total", help: "times that the store had other data than before, or none",
            Int64(clamping: loops.map(\.emptied).max() ?? 0))
        page.gauge(
            "sluice_connections", help: "open connections",
            Int64(loops.reduce(0) { $0 + $1.server.connectionsOpen }))
        page.counter("sluice_http_requests_total", help: "requests", sum(\.server.requests))
        page.counter("sluice_http_bytes_in_total", help: "bytes read", sum(\.server.bytesIn))
        page.counter("sluice_http_bytes_out_total", help: "bytes written", sum(\.server.bytesOut))
        page.counter(
            "sluice_connections_refused_total", help: "connections over the limit", sum(\.server.connectionsRefused))
        page.counter(
            "sluice_slow_readers_total", help: "connections closed since their client took nothing",
            sum(\.server.slowReaders))
        writeRequests(loops, to: &page)
        writePush(loops.map(\.push), to: &page)
    }

    private static func writePush(_ loops: [QueueFigures.PushFigures], to page: inout MetricsPage) {
        func gauge(_ name: StaticString, _ help: StaticString, _ value: (QueueFigures.PushFigures) -> Int) {
            page.gauge(name, help: help, Int64(loops.reduce(0) { $0 + value($1) }))
        }
        func sum(_ value: (QueueFigures.PushFigures) -> UInt64) -> Int64 {
            Int64(clamping: loops.reduce(0) { $0 + value($1) })
        }
        gauge("sluice_streams", "open event streams", \.streams)
        gauge("sluice_polls_waiting", "polls that wait for a change", \.polls)
        gauge("sluice_listeners", "tickets that a stream or a waiting poll listens for", \.listeners)
        let (events, help): (StaticString, StaticString) = ("sluice_events_sent_total", "what streams were sent")
        page.counter(events, help: help, labels: ["kind": "ticket"], sum(\.ticketEvents))
        page.counter(events, help: help, labels: ["kind": "item"], sum(\.itemEvents))
        page.counter(events, help: help, labels: ["kind": "heartbeat"], sum(\.heartbeats))
        page.counter(
            "sluice_streams_refused_total", help: "streams that were refused, and polls that were answered at once",
            sum(\.refused))
    }

    /// Answers of the public listener by the kind of request. Every series is there from the start.
    private static func writeRequests(_ loops: [QueueFigures], to page: inout MetricsPage) {
        var times = RequestTimes()
        for loop in loops { times.add(loop.times) }
        for (kind, name) in RequestKind.names.enumerated() {
            for hundreds in 2...5 {
                page.counter(
                    "sluice_http_responses_total", help: "answers to buyers, by route and class of status",
                    labels: ["route": name, "status": "\(hundreds)xx"],
                    Int64(clamping: times.answers(kind: kind, hundreds: hundreds)))
            }
        }
        for (kind, name) in RequestKind.names.enumerated() {
            page.histogram(
                "sluice_http_request_seconds",
                help: "from the turn of the loop that read a request to the end of the one that answered it",
                labels: ["route": name], counts: times.buckets(kind: kind), bounds: RequestTimes.boundsMicroseconds,
                unit: .microseconds, sum: .scaled(times.nanoseconds(kind: kind), .nanoseconds))
        }
    }

    /// What the process knows of all processes and of the items.
    static func write(_ adminServer: AdminServer, items: [ItemFigures], to page: inout MetricsPage) {
        page.counter(
            "sluice_logins_failed_total", help: "wrong tokens at the admin listener",
            Int64(clamping: adminServer.failedLogins))
        write(adminServer.payments, to: &page)
        let watch = adminServer.watch
        for code in Trouble.Code.allCases {
            let found = watch.troubles.count { $0.code == code }
            page.gauge(
                "sluice_trouble", help: "how many of this kind sluice status would list",
                labels: ["code": code.rawValue], Int64(found))
        }
        page.counter(
            "sluice_store_late_syncs_total", help: "late writes of the store to its append-only file",
            watch.persistence.lateSyncs)
        for item in items {
            let (labels, counters) = (["item": item.name.description] as MetricsPage.Labels, item.counters)
            page.gauge("sluice_queue_depth", help: "purchases waiting", labels: labels, counters.waiting)
            page.gauge("sluice_stock_free", help: "units left", labels: labels, counters.free)
            page.gauge("sluice_stock_held", help: "units held", labels: labels, counters.held)
            page.gauge("sluice_stock_sold", help: "units sold", labels: labels, counters.sold)
            page.gauge("sluice_stock_in_doubt", help: "units in doubt", labels: labels, counters.inDoubt)
            page.gauge(
                "sluice_item_frozen", help: "1 while an operator is needed", labels: labels, item.isFrozen ? 1 : 0)
            page.gauge(
                "sluice_item_paused", help: "1 while an operator has paused it", labels: labels, item.isPaused ? 1 : 0)
            page.gauge(
                "sluice_queue_stalled_seconds",
                help: "how long nothing was decided though purchases wait, units are there and it isn't paused",
                labels: labels, .scaled(watch.stalled(item.name).wholeMilliseconds, .milliseconds))
        }
    }

    private static func write(_ payments: PaymentDriver, to page: inout MetricsPage) {
        for answer in PaymentDriver.Answer.allCases {
            page.counter(
                "sluice_payments_total", help: "reported payments by their answer", labels: ["answer": answer.label],
                Int64(clamping: payments.count(answer)))
        }
        page.counter(
            "sluice_payment_batches_total", help: "calls that took payments", Int64(clamping: payments.calls))
    }
}
