public import Base

/// How a connection behaves; the defaults suit a store on this host or in this rack.
public struct RedisOptions: Sendable {
    /// Shown by `CLIENT LIST`; no spaces.
    public var name: String?
    /// For a reply, where the call names no other.
    public var deadline: TimeSpan = .seconds(1)
    /// From the start of an attempt until ready. Longer than `deadline`: a busy store compiles all scripts meanwhile.
    public var connectDeadline: TimeSpan = .seconds(2)
    /// A PING is sent when nothing was received for so long: at most one command in that time.
    public var keepAlive: TimeSpan = .seconds(1)
    /// Commands without a reply; further ones are `unreachable`.
    public var mostPending = 16_384
    /// Bytes that the kernel has not taken; while there are more, further commands are `unreachable`.
    public var mostUnsentBytes = 64 * 1024 * 1024
    /// The longest reply; a longer one ends the connection.
    public var mostReplyBytes = 16 * 1024 * 1024
    public var backoff = Backoff.Bounds()
    /// Of the jitter between attempts.
    public var seed = UInt64.random(in: .min ... .max)

    public init() {}
}
