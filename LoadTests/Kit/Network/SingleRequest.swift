/// One request, run to its answer before anything else: for the start and the end of a test, not for load.
public final class SingleRequest: FleetOwner {
    private let bytes: [UInt8]
    private var result: Result<Response, Loss>?

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Sends `bytes` on a connection of its own and waits at most `timeout` for the answer.
    public static func run(
        _ bytes: [UInt8], to endpoint: Endpoint, within timeout: Nanoseconds
    ) throws(Loss) -> Response {
        let request = SingleRequest(bytes)
        let end = Nanoseconds.now + timeout
        do throws(SystemError) {
            let fleet = try Fleet(to: [endpoint], connections: 1, timeout: timeout, owner: request)
            fleet.send(0, due: .now)
            while request.result == nil, .now < end { fleet.turn(until: end) }
            fleet.close()
        } catch { throw .notConnected }
        return try (request.result ?? .failure(.unanswered)).get()
    }

    public func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) { bytes = self.bytes }

    public func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>) {
        result = Response.read(bytes)
    }

    public func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) { result = .failure(loss) }
}
