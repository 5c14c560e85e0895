import Domain
import Operations

/// The options of `sluice plan`.
enum PlanOptions {
    typealias Option = Operations.Option

    static let arrivals = Option(
        "arrivals", .number(0...1_000_000_000), default: "0", help: "buyers a second, all the time")
    static let stock = Option("stock", .integer(1...Int(Limits.stock.upperBound)), help: "units on sale (needed)")
    static let service = Option(
        "service-ms", .number(0.001...3_600_000), help: "mean time of one order at the sink (needed)")
    static let workers = Option("workers", .integer(1...100_000), default: "1", help: "worker processes")
    static let slots = Option("slots", .integer(1...100_000), default: "1", help: "orders a worker places at once")
    static let spikeArrivals = Option(
        "spike-arrivals", .number(0...1_000_000_000), default: "0", help: "buyers more at the opening")
    static let spikeSeconds = Option(
        "spike-seconds", .number(0.001...86_400), default: "1", help: "within this time")
    static let queueLimit = Option(
        "queue-limit", .integer(Int(Limits.queueLimit.lowerBound)...Int(Limits.queueLimit.upperBound)),
        help: "purchases that may wait; else stock × factor + margin")
    static let queueFactor = Option("queue-factor", .number(0...1_000_000), default: "3", help: "its factor")
    static let queueMargin = Option(
        "queue-margin", .integer(0...Int(Limits.queueLimit.upperBound)), default: "0", help: "its margin")
}

extension Catalogue {
    static let plan: Command = {
        let costs = Costs()
        func own<Value>(_ option: Operations.Option<Value>, isNeeded: Bool = false) -> Option {
            Option(option, isInEnvironment: false, isNeeded: isNeeded)
        }
        func cost(_ name: String, _ placeholder: String, _ value: Double, _ what: String) -> Option {
            Option(name, .number(0...1_000_000, placeholder), help: "\(what) (default \(decimal(value)))")
        }
        return Command(
            action: .plan, words: ["plan"], positionals: [],
            options: [
                own(PlanOptions.arrivals), own(PlanOptions.stock, isNeeded: true),
                own(PlanOptions.service, isNeeded: true), own(PlanOptions.workers), own(PlanOptions.slots),
                own(PlanOptions.spikeArrivals), own(PlanOptions.spikeSeconds), own(PlanOptions.queueLimit),
                own(PlanOptions.queueFactor), own(PlanOptions.queueMargin),
                cost("purchase-us", "US", costs.purchase, "µs of sluice-queue a purchase"),
                cost("poll-us", "US", costs.poll, "µs of sluice-queue a poll"),
                cost("redis-admit-us", "US", costs.redisAdmit, "µs of Redis a purchase"),
                cost("redis-order-us", "US", costs.redisOrder, "µs of Redis an order"),
                cost("worker-us", "US", costs.worker, "µs of sluice-worker an order"),
                cost("waiting-bytes", "BYTES", costs.waiting, "bytes of Redis a purchase"),
                cost("connection-bytes", "BYTES", costs.connection, "bytes of sluice-queue an idle connection"),
                json,
            ], summary: "compute waits, queue lengths and what a sale needs, before it is held")
    }()
}
