package import Base

/// How a connection behaves; the defaults suit a store on this host or in this rack.
package struct RedisOptions: Sendable {
    /// Shown by `CLIENT LIST`; no spaces.
    package var name: String?
    /// For a reply, where the command does not say otherwise.
    package var deadline: TimeSpan = .seconds(1)
    /// From the start of an attempt until ready. Longer than `deadline`: a busy store compiles all scripts meanwhile.
    package var connectDeadline: TimeSpan = .seconds(2)
    /// A PING is sent when nothing was received for so long; so it costs an idle connection at most one command each.
    package var keepAlive: TimeSpan = .seconds(1)
    /// Commands without a reply; further ones are `unreachable`.
    package var mostPending = 16_384
    /// Bytes that the store has not taken off us; while there are more, further commands are `unreachable`.
    package var mostUnsentBytes = 64 * 1024 * 1024
    /// The longest reply; a longer one ends the connection.
    package var mostReplyBytes = 16 * 1024 * 1024
    package var backoff = Backoff.Bounds()
    /// Of the jitter between attempts.
    package var seed = UInt64.random(in: .min ... .max)

    package init() {}
}
