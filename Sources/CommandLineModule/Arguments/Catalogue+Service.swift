extension Catalogue {
    /// What `up` hands on to its workers of the service behind their order sink; the worker says what it thinks of it.
    static let service = [
        handedOn("sink-url", "URL", "where the webhook sink sends orders"),
        handedOn("sink-secret-file", "FILE", "what signs the calls: whsec_ and base64, 64 hex digits, or any text"),
        handedOn("sink-group", "NAME", "what stands behind; workers of one group share its capacity"),
        handedOn("sink-cap-per-second", "N", "calls a second it is known to bear (default: measured)"),
        handedOn("sink-floor-per-second", "N", "calls a second that go out whatever was measured (default: none)"),
        handedOn("sink-timeout-ms", "N", "time of one call to it (default 2000)"),
        handedOn("sink-connections", "N", "calls of one worker at once (default 64)"),
        handedOn("sink-allow-plain", "true|false", "let http:// leave the private networks (default false)"),
        handedOn("in-doubt-after-ms", "N", "time without an answer until a purchase is in doubt (default 900000)"),
        handedOn("breaker", "MODE", "the circuit breaker: auto (default), alert-only, manual"),
        handedOn("breaker-window-ms", "N", "calls it looks back at (default 60000)"),
        handedOn("breaker-percent", "N", "share of bad calls from which on it opens (default 30)"),
        handedOn("breaker-slow-ms", "N", "a call that takes longer is a bad one (default 1000)"),
        handedOn("breaker-minimum-calls", "N", "fewer calls in the window say nothing (default 20)"),
        handedOn("breaker-open-ms", "N", "time until an open one probes (default 5000)"),
        handedOn("breaker-probes", "N", "calls that must end well until it closes (default 3)"),
    ]

    /// The database of the sink postgres, for whoever makes its table.
    static let database = [
        handedOn("postgres-url", "URL", "database of the postgres sink: postgresql://"),
        handedOn("postgres-url-file", "FILE", "a file that holds it"),
    ]
    static let postgres =
        database + [handedOn("postgres-connections", "N", "the postgres sink's connections (default 4)")]

    private static func handedOn(_ name: String, _ placeholder: String, _ help: String) -> Option {
        Option(name, .text, placeholder, help: help, isInEnvironment: true)
    }
}
