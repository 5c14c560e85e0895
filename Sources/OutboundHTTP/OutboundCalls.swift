/// Calls to one HTTP service outside, as a caller sees them: `OutboundHTTP` makes them over the network, a simulation
/// in virtual time. Belongs to the caller's loop.
public protocol OutboundCalls: AnyObject {
    /// Whether one more call may be made now.
    var hasRoom: Bool { get }
    /// Sends a POST once; `completion` is called once, by the request's deadline. Only while there is room.
    func post(_ request: OutboundRequest, completion: @escaping (OutboundResult) -> Void)
}

extension OutboundHTTP: OutboundCalls {}
