import Base

/// Takes the requests of a server, on the loop's thread.
public protocol HTTPHandler: AnyObject {
    /// Takes one request, to be answered through `HTTPServer.respond` within this call or in any later turn.
    ///
    /// `request` lies in the server's buffer and is valid during the call only. The server waits for the answer without
    /// a deadline of its own, and hands out the connection's next request after it.
    func handle(_ request: borrowing Request, exchange: ExchangeID)
}

/// The handle on one request that waits for its answer: a connection and the number of the request on it.
///
/// It outlives its connection without harm; answering a gone or already answered exchange does nothing.
public struct ExchangeID: Sendable, Hashable {
    let connection: Token
    let number: UInt32
}
