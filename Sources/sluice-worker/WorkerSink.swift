import Base
import Domain
import EventLoop
import HTTPServer
import Operations
import Sodium
import WorkerModule

/// The order sink that the configuration names, with what belongs to it.
enum WorkerSink {
    case none
    case delay(DelaySink)
    case webhook(WebhookSink, BreakerDriver, TicketMaker)

    init(_ values: ConfigurationValues, loop: EventLoop, log: any WorkerLog) throws {
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
            let sink = WebhookSink(
                loop: loop, settings: settings, breaker: breaker, tickets: tickets,
                seed: UInt64.random(in: .min ... .max), log: log)
            self = .webhook(sink, breaker, tickets)
        }
    }

    var order: (any OrderSink)? {
        switch self {
        case .none: nil
        case .delay(let sink): sink
        case .webhook(let sink, _, _): sink
        }
    }

    /// Lets a sink that writes tickets ask the store.
    func connect(to driver: WorkerDriver) {
        guard case .webhook(_, _, let tickets) = self else { return }
        tickets.ask = { [unowned driver] item, records, completion in
            driver.identify(records, of: item, completion: completion)
        }
    }

    /// Takes what the ops listener does not know; false leaves it a 404.
    func handle(
        _ request: borrowing Request, _ exchange: ExchangeID, _ server: HTTPServer, _ driver: WorkerDriver
    ) -> Bool {
        switch self {
        case .none: false
        case .delay(let sink): DelaySwitch(sink: sink).handle(request, exchange, server)
        case .webhook(_, let breaker, _):
            BreakerSwitch(breaker: breaker).handle(request, exchange, server)
                || DoubtSwitch(driver: driver).handle(request, exchange, server)
        }
    }

    // MARK: Settings

    private static func webhookSettings(_ values: ConfigurationValues) -> WebhookSink.Settings {
        var settings = WebhookSink.Settings(
            url: values[KnownOptions.sinkURL], key: values[KnownOptions.sinkSecret].exposed,
            group: SinkGroup(
                name: values[KnownOptions.sinkGroup],
                capPerSecond: values.optional(KnownOptions.sinkCap).map(Int64.init),
                floorPerSecond: values.optional(KnownOptions.sinkFloor).map(Int64.init)))
        settings.timeout = values[KnownOptions.sinkTimeout]
        settings.connections = values[KnownOptions.sinkConnections]
        settings.inDoubtAfter = values[KnownOptions.inDoubtAfter]
        settings.allowsPlainToWorld = values[KnownOptions.sinkPlain]
        // Whoever gives it more time for an answer gives it as much more between the calls.
        settings.retry.later = settings.timeout
        settings.retry.latest = settings.timeout * 16
        return settings
    }

    private static func ring(_ values: ConfigurationValues) throws -> TicketKeyRing {
        let keys = values[KnownOptions.ticketKey].exposed
        return try TicketKeyRing([keys.current] + (keys.previous.map { [$0] } ?? []))
    }
}
