/// A server in whose calls references are not counted: for who responds to every request.
///
/// Safe because whoever has one keeps the server itself beside it.
@safe public struct UncountedServer {
    @usableFromInline let reference: Unmanaged<HTTPServer>

    public init(_ server: HTTPServer) { unsafe reference = .passUnretained(server) }

    /// See `HTTPServer.respond`.
    @inlinable @inline(__always)
    public func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) {
        _ = unsafe reference._withUnsafeGuaranteedRef { $0.respond(to: exchange, build) }
    }
}
