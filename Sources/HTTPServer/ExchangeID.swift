import Base

/// The handle on one request that waits for its answer: a connection and the number of the request on it.
///
/// It outlives its connection without harm; answering a gone or already answered exchange does nothing.
public struct ExchangeID: Sendable, Hashable {
    let connection: Token
    let number: UInt32
}
