/// One request, run to its answer before anything else: for the start and the end of a test, not for load.
public final class SingleRequest: RequestOwner {
    private let bytes: [UInt8]
    private var result: Result<Response, Loss>?

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Sends `bytes` on a connection of its own and waits at most `timeout` for the answer.
    public static func run(
        _ bytes: [UInt8], to endpoint: Endpoint, within timeout: Nanoseconds, on poller: Poller
    ) throws(Loss) -> Response {
        let request = SingleRequest(bytes)
        let pool = ConnectionPool(to: endpoint, connections: 1, timeout: timeout, on: poller, owner: request)
        defer { pool.close() }
        let end = Poller.clock + timeout
        pool.send(0)
        while request.result == nil, Poller.clock < end { poller.turn(until: end) }
        return try (request.result ?? .failure(.unanswered)).get()
    }

    public func write(_ tag: UInt64, into bytes: inout [UInt8]) { bytes = self.bytes }

    public func finished(_ tag: UInt64, _ result: Result<Response, Loss>) { self.result = result }
}
