import Operations

/// What `sluice-worker` can be told.
enum Configuration {
    static let schema = ConfigurationSchema(
        program: "sluice-worker",
        summary: "takes what the scheduler grants out of the queues and out of stock, and places the orders",
        options: [
            KnownOptions.redisURL.declaration, KnownOptions.opsListen.declaration, KnownOptions.sink.declaration,
            KnownOptions.delay.declaration, KnownOptions.delaySlots.declaration,
        ] + KnownOptions.webhook + KnownOptions.service + [
            KnownOptions.ticketKey.declaration, KnownOptions.logLevel.declaration, KnownOptions.drain.declaration,
            KnownOptions.nodeName.declaration,
        ],
        check: { values in
            guard values.optional(KnownOptions.sink) == .webhook else { return [] }
            let needed = [
                ("--sink-url", values.optional(KnownOptions.sinkURL) != nil),
                ("--sink-secret-file", values.optional(KnownOptions.sinkSecret) != nil),
                ("--ticket-key-file", values.optional(KnownOptions.ticketKey) != nil),
            ]
            return needed.filter { !$0.1 }.map { ConfigurationProblem($0.0, "the webhook sink needs it") }
        })
}
