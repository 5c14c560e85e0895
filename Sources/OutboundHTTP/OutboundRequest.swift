public import Base

/// One call to something outside.
public struct OutboundRequest: Sendable {
    public var url: String
    /// `Name: value`, without line ends.
    public var fields: [String]
    public var body: [UInt8]
    /// From now to the last byte of the answer, resolving the name and connecting included.
    public var deadline: TimeSpan

    public init(url: String, fields: [String], body: [UInt8], deadline: TimeSpan) {
        self.url = url
        self.fields = fields
        self.body = body
        self.deadline = deadline
    }
}

public struct OutboundReply: Sendable, Equatable {
    public var status: Int
    public var body: [UInt8]  // at most `OutboundHTTP.replyLimit` bytes, the fields included
    public var retryAfter: TimeSpan?

    public init(status: Int, body: [UInt8], retryAfter: TimeSpan? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// Why a call has no reply, by what its caller may conclude.
public enum OutboundFailure: Error, Sendable, Equatable {
    /// Not a byte of the request was sent: nothing can have come of it.
    case notSent(String)
    /// It was sent, and no whole answer came that can be used: what came of it is unknown.
    case outcomeUnknown(String)
}

public typealias OutboundResult = Result<OutboundReply, OutboundFailure>
