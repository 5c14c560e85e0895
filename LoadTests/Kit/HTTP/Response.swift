/// One answer of the server, with the few headers that a buyer acts on.
package struct Response: Sendable, Equatable {
    /// 200...599.
    package var status: Int
    package var body: [UInt8] = []
    package var contentType: String?
    package var location: String?
    /// Whole seconds.
    package var retryAfterSeconds: Int64?
    package var isReplay = false
    /// The server will close the connection after this answer.
    package var isLast = false

    package init(status: Int) { self.status = status }
}

/// Why an answer is no HTTP/1.1 that this client takes; the connection is of no more use.
package struct MalformedResponse: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
