package import Base

/// What one request may weigh. Every bound is checked before the bytes beyond it are kept.
package struct RequestLimits: Sendable {
    package var headBytes = 8 * 1024  // request line and fields with their line ends, 64...65_535
    package var targetBytes = 2 * 1024
    package var fieldCount = 64
    package var bodyBytes = 4 * 1024  // after chunks were put together

    package init() {}
}

/// What one listener and each of its connections may cost.
package struct ServerLimits: Sendable {
    package var request = RequestLimits()
    package var connections = 10_000  // open at once; more are accepted and closed
    package var outputBytes = 256 * 1024  // answers that one connection has not taken yet
    package var headTimeout = TimeSpan.seconds(10)  // from the first byte of a request to the end of its head
    package var bodyTimeout = TimeSpan.seconds(15)  // from the end of the head to the end of the body
    package var idleTimeout = TimeSpan.seconds(75)  // between an answer and the next request
    package var writeTimeout = TimeSpan.seconds(30)  // from the first blocked byte of output to the last
    package var lingerTimeout = TimeSpan.seconds(1)  // reading on after a refusal, so that it can be read
    package var lingerBytes = 64 * 1024
    package var acceptPause = TimeSpan.milliseconds(100)  // while the process has no descriptor left
    package var drainGrace = TimeSpan.milliseconds(500)  // for connections that have not sent anything yet

    package init() {}

    /// For strangers: bodies up to 4 KiB.
    package static let publicListener = ServerLimits()

    /// For operators: bodies up to 64 KiB, answers up to 4 MiB, few connections.
    package static let adminListener: ServerLimits = {
        var limits = ServerLimits()
        limits.request.bodyBytes = 64 * 1024
        limits.outputBytes = 4 * 1024 * 1024
        limits.connections = 256
        return limits
    }()
}
