import Base
import Domain
import EventLoop
import HTTPServer
import Operations
import OrderTable
import OutboundHTTP
import Sodium

/// The order sink that the configuration names, with what belongs to it.
enum WorkerSink {
    case none
    case delay(DelaySink)
    case webhook(WebhookSink, BreakerDriver, TicketMaker)
    case postgres(PostgresSink, BreakerDriver, TicketMaker)

    init(_ values: ConfigurationValues, loop: EventLoop, node: String, log: any WorkerLog & SinkLog) throws {
        switch values[KnownOptions.sink] {
        case .none: self = .none
        case .delay:
            let settings = DelaySink.Settings(
                delay: values[KnownOptions.delay], slots: Int(values[KnownOptions.delaySlots]))
            self = .delay(DelaySink(loop: loop, settings: settings))
        case .webhook:
            let settings = Self.webhookSettings(values)
            let breaker = BreakerDriver(
                loop: loop, group: settings.group.name, settings: values.breakerSettings, log: log)
            let tickets = TicketMaker(loop: loop, ring: try Self.ring(values), log: log)
            let http = OutboundHTTP(
                loop: loop, connections: values[KnownOptions.sinkConnections],
                allowsPlainToWorld: values[KnownOptions.sinkPlain])
            let sink = WebhookSink(
                loop: loop, http: http, settings: settings, breaker: breaker, tickets: tickets,
                seed: UInt64.random(in: .min ... .max), log: log)
            self = .webhook(sink, breaker, tickets)
        case .postgres:
            let settings = try Self.postgresSettings(values, node: node)
            let breaker = BreakerDriver(
                loop: loop, group: settings.group.name, settings: values.breakerSettings, log: log)
            let tickets = TicketMaker(loop: loop, ring: try Self.ring(values), log: log)
            let sink = PostgresSink(
                loop: loop, settings: settings, breaker: breaker, tickets: tickets,
                seed: UInt64.random(in: .min ... .max), log: log)
            self = .postgres(sink, breaker, tickets)
        }
    }

    var order: (any OrderSink)? {
        switch self {
        case .none: nil
        case .delay(let sink): sink
        case .webhook(let sink, _, _): sink
        case .postgres(let sink, _, _): sink
        }
    }

    private var tickets: TicketMaker? {
        switch self {
        case .none, .delay: nil
        case .webhook(_, _, let tickets), .postgres(_, _, let tickets): tickets
        }
    }

    /// Why no order can be placed; nil while orders can be, as far as is known.
    var reason: String? {
        if case .postgres(let sink, _, _) = self { sink.downReason.map { "postgres: \($0)" } } else { nil }
    }

    /// Makes the sink ready, then calls `completion`. A table that is missing, or that this login may not use, ends the
    /// process; a server that is away does not: it may come back.
    func start(completion: @escaping () -> Void) {
        guard case .postgres(let sink, _, _) = self else { return completion() }
        sink.start(patience: .seconds(2)) { check in
            if case .unusable(let problem) = check {
                let problem = ConfigurationProblem("--postgres-url", "the table \"orders\" \(problem)")
                ConfigurationDriver.refuse([problem], program: "sluice-worker")
            }
            completion()
        }
    }

    /// Lets a sink that writes tickets read from the store.
    func connect(to driver: WorkerDriver) {
        tickets?.connect { [unowned driver] item, records, completion in
            driver.identify(records, of: item, completion: completion)
        }
    }

    /// Answers what the ops listener does not know; nil leaves it a 404.
    ///
    /// - Parameter reviveAll: calls for the purchases in doubt of an item; false while that is not possible.
    func answer(
        _ method: Method, _ path: String, _ body: Span<UInt8>, reviveAll: @escaping (ItemName) -> Bool
    ) -> SwitchAnswer? {
        switch (self, path) {
        case (.delay(let sink), DelaySwitch.path): DelaySwitch(sink: sink).answer(method, body)
        case (.webhook(_, let breaker, _), BreakerSwitch.path), (.postgres(_, let breaker, _), BreakerSwitch.path):
            BreakerSwitch(breaker: breaker).answer(method, body)
        case (.webhook, DoubtSwitch.path), (.postgres, DoubtSwitch.path):
            DoubtSwitch(reviveAll: reviveAll).answer(method, body)
        default: nil
        }
    }

    /// Why it places nothing at the moment, though it is not down.
    var impairment: String? {
        switch self {
        case .none, .delay: return nil
        case .webhook(_, let breaker, _), .postgres(_, let breaker, _):
            return breaker.state == .closed ? nil : "the breaker of group \(breaker.group) is \(breaker.state.name)"
        }
    }

    /// What an operator may set of it, as the log shows it before and after a change; nil where there is nothing.
    var switches: String? {
        switch self {
        case .none: return nil
        case .delay(let sink):
            let settings = sink.settings
            return "ms=\(settings.delay.wholeMilliseconds) slots=\(settings.slots) "
                + "variation_percent=\(settings.variationPercent)"
        case .webhook(_, let breaker, _), .postgres(_, let breaker, _):
            return "mode=\(breaker.machine.settings.mode.rawValue) state=\(breaker.state.name)"
        }
    }

    // MARK: Settings

    private static func webhookSettings(_ values: ConfigurationValues) -> WebhookSink.Settings {
        var settings = WebhookSink.Settings(
            url: values[KnownOptions.sinkURL], key: values[KnownOptions.sinkSecret].exposed, group: group(values))
        settings.allow(values[KnownOptions.sinkTimeout])
        settings.inDoubtAfter = values[KnownOptions.inDoubtAfter]
        return settings
    }

    private static func postgresSettings(
        _ values: ConfigurationValues, node: String
    ) throws -> PostgresSink.Settings {
        var table = try OrderTableOptions(url: values[KnownOptions.postgresURL].exposed, name: node)
        table.connections = values[KnownOptions.postgresConnections]
        table.deadline = values[KnownOptions.sinkTimeout]
        var settings = PostgresSink.Settings(table: table, group: group(values))
        settings.inDoubtAfter = values[KnownOptions.inDoubtAfter]
        return settings
    }

    private static func group(_ values: ConfigurationValues) -> SinkGroup {
        SinkGroup(
            name: values[KnownOptions.sinkGroup], capPerSecond: values.optional(KnownOptions.sinkCap).map(Int64.init),
            floorPerSecond: values.optional(KnownOptions.sinkFloor).map(Int64.init))
    }

    private static func ring(_ values: ConfigurationValues) throws -> TicketKeyRing {
        try TicketKeyRing(values[KnownOptions.ticketKey].exposed.all)
    }
}
