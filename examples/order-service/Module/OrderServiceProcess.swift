import Base
import EventLoop
import Glibc
public import Operations

/// The program: two listeners and a service between them, on one loop.
public enum OrderServiceProcess {
    enum Flags {
        static let listen = Option(
            "listen", .listenAddress, default: "127.0.0.1:9090", scope: .flagOnly, help: "where orders are placed")
        static let control = Option(
            "control", .listenAddress, default: "127.0.0.1:9091", scope: .flagOnly,
            help: "where it is controlled and asked; no token: keep it on this machine")
        static let secret = Option(
            "secret", .webhookSecret, scope: .flagOnly, help: "checks signatures with it: whsec_… or 64 hex digits")
        static let seed = Option(
            "seed", .integer(0...Int.max), default: "1", scope: .flagOnly, help: "of service times and faults")
        static let settings = Option(
            "settings", .text, scope: .flagOnly, help: "what PUT /control takes, as JSON, from the start on")
    }

    public static let schema = ConfigurationSchema(
        program: "order-service", summary: "a small HTTP order service to aim at: slots, service times, faults",
        options: [
            Flags.listen.declaration, Flags.control.declaration, Flags.secret.declaration, Flags.seed.declaration,
            Flags.settings.declaration,
        ])

    public static func run(_ values: ConfigurationValues) {
        do {
            try serve(values, settings: try settings(values))
        } catch let error as JSONError {
            refuse("--settings", error.description)
        } catch {
            refuse("order-service", "\(error)")
        }
    }

    private static func refuse(_ subject: String, _ message: String) -> Never {
        ConfigurationDriver.refuse([ConfigurationProblem(subject, message)], program: "order-service")
    }

    private static func settings(_ values: ConfigurationValues) throws(JSONError) -> ServiceSettings {
        var settings = ServiceSettings()
        if let text = values.optional(Flags.settings) { try settings.change(by: Array(text.utf8).span) }
        return settings
    }

    private static func serve(_ values: ConfigurationValues, settings: ServiceSettings) throws(SystemError) {
        RunningProcess.raiseFileLimit()
        let loop = try EventLoop()
        let signals = try Signals(loop: loop, onShutdown: { exit(0) })
        let driver = ServiceDriver(loop: loop, settings: settings, seed: UInt64(values[Flags.seed]))
        let (listen, controlListen) = (values[Flags.listen], values[Flags.control])
        let orders = try OrderServer(
            driver: driver, check: values.optional(Flags.secret).map { WebhookCheck(secret: $0.exposed) },
            address: listen.host, port: listen.port)
        let control = try ControlServer(
            driver: driver, orders: orders, address: controlListen.host, port: controlListen.port)
        ReadyLine.write([
            "http": "http://\(ListenAddress(host: listen.host, port: orders.port))/orders",
            "control": "http://\(ListenAddress(host: controlListen.host, port: control.port))", "pid": "\(getpid())",
        ])
        withExtendedLifetime(signals) { loop.run() }
    }
}

extension OptionKind where Value == Secret<[UInt8]> {
    /// The key of webhook signatures.
    static var webhookSecret: OptionKind {
        OptionKind(
            "SECRET", form: .secret,
            parse: { text throws(BadValue) in
                guard let secret = WebhookCheck.secret(text) else {
                    throw BadValue("whsec_ and base64 of 16 to 128 bytes, or 64 hex digits")
                }
                return Secret(secret)
            }, render: { _ in "***" })
    }
}
