/// A server whose calls count no references: for the caller that responds to every request.
///
/// Safe because its owner keeps the server itself beside it.
@safe public struct UncountedServer {
    @usableFromInline let reference: Unmanaged<HTTPServer>

    public init(_ server: HTTPServer) { unsafe reference = .passUnretained(server) }

    /// See `HTTPServer.respond`.
    @inlinable @inline(__always)
    public func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        _ = unsafe reference._withUnsafeGuaranteedRef { $0.respond(to: exchange, build) }
    }
}
