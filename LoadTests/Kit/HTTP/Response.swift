/// One answer of the server, with the few headers that a buyer acts on.
public struct Response: Sendable, Equatable {
    /// 200...599.
    public var status: Int
    public var body: [UInt8] = []
    public var contentType: String?
    public var location: String?
    /// Whole seconds.
    public var retryAfterSeconds: Int64?
    public var isReplay = false
    /// The server will close the connection after this answer.
    public var isLast = false

    public init(status: Int) { self.status = status }
}

/// Why an answer is no HTTP/1.1 that this client takes; the connection is of no more use.
public struct MalformedResponse: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
