import Base
import Operations

extension MetricsPage {
    mutating func add(_ sink: PostgresSink) {
        let figures = sink.figures
        let orders: StaticString = "purchases that the table of orders decided"
        for (outcome, value) in [("confirmed", figures.confirmed), ("refused", figures.refused)] {
            counter("sluice_orders_total", help: orders, labels: ["outcome": outcome], Int64(clamping: value))
        }
        let batches: StaticString = "transactions of the postgres sink, by how they ended"
        for (outcome, value) in [
            ("answered", figures.batchesAnswered), ("refused", figures.batchesRefused),
            ("unknown", figures.batchesUnknown),
        ] {
            counter("sluice_order_batches_total", help: batches, labels: ["outcome": outcome], Int64(clamping: value))
        }
        counter(
            "sluice_orders_asked_again_total", help: "purchases placed once more, for want of an answer",
            Int64(clamping: figures.retried))
        gauge("sluice_postgres_connections", help: "usable connections", Int64(sink.readyConnections))
    }
}
