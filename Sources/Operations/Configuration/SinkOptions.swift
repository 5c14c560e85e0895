public import Base
public import Domain
import Sodium

// Options of a worker that has a service behind it.
extension KnownOptions {
    public static let sinkURL = Option(
        "sink-url", .serviceURL, help: "where the webhook sink sends orders: https:// or, within the house, http://")
    public static let sinkSecret = Option(
        "sink-secret", .webhookSecret,
        help: "what signs the calls: whsec_ and base64, 64 hex digits, or any other text")
    public static let sinkGroup = Option(
        "sink-group", .name, default: "default", help: "what stands behind: workers of one group share its capacity")
    public static let sinkCap = Option(
        "sink-cap-per-second", .integer(1...1_000_000), help: "calls a second it is known to bear; default: measured")
    public static let sinkFloor = Option(
        "sink-floor-per-second", .integer(1...1_000_000), help: "calls a second that go out whatever was measured")
    public static let sinkTimeout = Option(
        "sink-timeout-ms", .milliseconds(1...600_000), default: "2000", help: "time of one call to it")
    public static let sinkConnections = Option(
        "sink-connections", .integer(1...10_000), default: "64", help: "calls of one worker to it at once")
    public static let sinkPlain = Option(
        "sink-allow-plain", .toggle, default: "false", help: "let http:// leave the private networks")
    public static let postgresURL = Option(
        "postgres-url", .postgresURL, help: "the postgres sink's database: postgresql://, its sslmode for TLS")
    public static let postgresConnections = Option(
        "postgres-connections", .integer(1...64), default: "4", help: "the postgres sink's connections")
    public static let inDoubtAfter = Option(
        "in-doubt-after-ms", .milliseconds(1...86_400_000), default: "900000",
        help: "time without an answer after which a purchase is in doubt")
    public static let breakerMode = Option<CircuitBreaker.Mode>(
        "breaker", .choice(), default: "auto", help: "what the circuit breaker does on its own")
    public static let breakerWindow = Option(
        "breaker-window-ms", .milliseconds(100...3_600_000), default: "60000", help: "calls it looks back at")
    public static let breakerPercent = Option(
        "breaker-percent", .integer(1...100), default: "30", help: "share of bad calls from which on it opens")
    public static let breakerSlow = Option(
        "breaker-slow-ms", .milliseconds(1...600_000), default: "1000", help: "a call that takes longer is a bad one")
    public static let breakerMinimum = Option(
        "breaker-minimum-calls", .integer(1...1_000_000), default: "20", help: "fewer calls in the window say nothing")
    public static let breakerOpen = Option(
        "breaker-open-ms", .milliseconds(1...3_600_000), default: "5000", help: "time until an open one probes")
    public static let breakerProbes = Option(
        "breaker-probes", .integer(1...1_000), default: "3", help: "calls that must end well until it closes")

    /// Of every sink with a service behind it, whatever its protocol.
    static let service = list(
        sinkGroup, sinkCap, sinkFloor, sinkTimeout, inDoubtAfter, breakerMode, breakerWindow, breakerPercent,
        breakerSlow,
        breakerMinimum, breakerOpen, breakerProbes)
    static let webhook = list(sinkURL, sinkSecret, sinkConnections, sinkPlain)
    static let postgres = list(postgresURL, postgresConnections)
}

extension ConfigurationValues {
    /// The circuit breaker's settings, where the program has its options.
    public var breakerSettings: CircuitBreaker.Settings {
        var settings = CircuitBreaker.Settings()
        settings.mode = self[KnownOptions.breakerMode]
        settings.window = self[KnownOptions.breakerWindow]
        settings.badPercent = Int64(self[KnownOptions.breakerPercent])
        settings.slowAfter = self[KnownOptions.breakerSlow]
        settings.minimumCalls = Int64(self[KnownOptions.breakerMinimum])
        settings.openFor = self[KnownOptions.breakerOpen]
        settings.probes = self[KnownOptions.breakerProbes]
        return settings
    }
}

extension OptionKind where Value == String {
    /// `https://` or `http://`, a host, and neither a user nor a fragment; secrets may stand in the path, so it is not
    /// shown in errors.
    public static var serviceURL: OptionKind {
        OptionKind(
            "URL", form: .sensitive,
            parse: { text throws(BadValue) in
                let location = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
                guard let location, text.utf8.count <= 1024, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                    throw BadValue("https://host[:port][/path], or http:// within the house")
                }
                let host = location.prefix { !"/?#\\".contains($0) }
                guard !host.contains("@") else {
                    throw BadValue("without a user or password: calls are signed, not logged in")
                }
                guard !host.isEmpty, !host.hasPrefix(":"), !text.contains("#"), !text.contains("\\") else {
                    throw BadValue("https://host[:port][/path], or http:// within the house")
                }
                return text
            }, render: { $0 })
    }
}

extension OptionKind where Value == Secret<[UInt8]> {
    private static var cure: String {
        "; make one with: echo whsec_$(head -c 32 /dev/urandom | base64) > FILE"
    }

    /// The key of the Standard Webhooks, `whsec_` and base64, or our own form, 64 hex digits; any other text is the key
    /// as it stands.
    public static var webhookSecret: OptionKind {
        OptionKind(
            "SECRET", form: .secret,
            parse: { text throws(BadValue) in
                let line = try onlyLine(of: text, cure)
                var key = Array(line.utf8)
                if line.hasPrefix("whsec_") {
                    guard let bytes = Base64.decode(line.dropFirst(6)) else {
                        throw BadValue("whsec_ and base64, and what follows is not that" + cure)
                    }
                    key = bytes
                } else if key.count == 64, let bytes = OptionKind<Secret<TicketKeys>>.bytes(hex: line) {
                    key = bytes
                }
                guard (24...512).contains(key.count) else {
                    throw BadValue("a key of 24 to 512 bytes, and it has \(key.count)" + cure)
                }
                return Secret(key)
            }, render: { _ in "***" })
    }
}
