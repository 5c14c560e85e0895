public import Base

/// How large one request may be. Every bound is checked before the bytes beyond it are kept.
public struct RequestLimits: Sendable {
    public var headBytes = 8 * 1024  // request line and fields with their line ends, 64...65_535
    public var targetBytes = 2 * 1024
    public var fieldCount = 64
    public var bodyBytes = 4 * 1024  // after chunks were put together

    public init() {}
}

/// The bounds of one listener and of each of its connections.
public struct ServerLimits: Sendable {
    public var request = RequestLimits()
    public var connections = 10_000  // open at once; more are accepted and closed
    public var outputBytes = 256 * 1024  // answers that one connection has not taken yet
    public var headTimeout = TimeSpan.seconds(10)  // from the first byte of a request to the end of its head
    public var bodyTimeout = TimeSpan.seconds(15)  // from the end of the head to the end of the body
    public var idleTimeout = TimeSpan.seconds(75)  // between an answer and the next request
    public var writeTimeout = TimeSpan.seconds(30)  // from the first blocked byte of output to the last
    public var eventBacklogBytes = 8 * 1024  // that the reader of an event stream has not taken yet, here and below
    public var eventTimeout = TimeSpan.seconds(5)  // as `writeTimeout`, of an event stream
    public var lingerTimeout = TimeSpan.seconds(1)  // reading on after a refusal, so that it can be read
    public var lingerBytes = 64 * 1024
    public var acceptPause = TimeSpan.milliseconds(100)  // while the process has no descriptor left
    public var drainGrace = TimeSpan.milliseconds(500)  // for connections that have not sent anything yet

    public init() {}

    /// For buyers: bodies up to 4 KiB.
    public static let publicListener = ServerLimits()

    /// For operators: bodies up to 64 KiB, answers up to 4 MiB, few connections.
    public static let adminListener: ServerLimits = {
        var limits = ServerLimits()
        limits.request.bodyBytes = 64 * 1024
        limits.outputBytes = 4 * 1024 * 1024
        limits.connections = 256
        return limits
    }()
}
