public import Base

/// A keep-alive HTTP client for tests: one request at a time, or raw bytes.
///
/// Every call is bounded by `patience`. It connects when first used, and again after the server closed.
public final class HTTPClient {
    public let endpoint: Endpoint
    public var patience: TimeSpan
    private var socket: Socket?
    private var parser = ReplyParser()

    public init(_ endpoint: Endpoint, patience: TimeSpan = .seconds(5)) {
        self.endpoint = endpoint
        self.patience = patience
    }

    /// Sends a request and reads its answer.
    ///
    /// A connection that turns out to be closed before a byte of the answer came is opened anew, once: every call of
    /// our contract may be sent again.
    public func send(_ request: HTTPRequest) throws -> HTTPReply {
        let bytes = request.bytes(host: endpoint.authority)
        let isReused = socket != nil
        do {
            return try exchange(bytes, bodiless: request.method == "HEAD")
        } catch SocketError.closed where isReused && parser.isEmpty {
            return try exchange(bytes, bodiless: request.method == "HEAD")
        }
    }

    public func get(_ target: String, headers: [(name: String, value: String)] = []) throws -> HTTPReply {
        try send(HTTPRequest("GET", target, headers: headers))
    }

    private func exchange(_ bytes: [UInt8], bodiless: Bool) throws -> HTTPReply {
        let deadline = Deadline(within: patience)
        do {
            try connected(by: deadline).send(bytes, by: deadline)
            return try readReply(by: deadline, bodiless: bodiless)
        } catch {
            disconnect()
            throw error
        }
    }

    // MARK: - Raw access

    /// Sends bytes as they are.
    public func sendRaw(_ text: String) throws { try sendRaw(Array(text.utf8)) }
    public func sendRaw(_ bytes: [UInt8]) throws {
        let deadline = Deadline(within: patience)
        try connected(by: deadline).send(bytes, by: deadline)
    }

    /// Sends a request without waiting for its answer.
    public func post(_ request: HTTPRequest) throws { try sendRaw(request.bytes(host: endpoint.authority)) }

    /// Reads one answer to what was sent raw.
    ///
    /// - Parameter bodiless: whether it was a HEAD request, whose answer ends with its fields.
    public func readReply(within span: TimeSpan? = nil, bodiless: Bool = false) throws -> HTTPReply {
        try readReply(by: Deadline(within: span ?? patience), bodiless: bodiless)
    }

    /// Whether the server closes the connection, with not one more byte, before the time is over.
    public func isClosed(within span: TimeSpan) -> Bool {
        guard let socket else { return true }
        guard parser.isEmpty else { return false }
        do {
            let bytes = try socket.receive(by: Deadline(within: span))
            parser.feed(bytes)  // an answer after all: it can still be read
            return bytes.isEmpty
        } catch {
            return error == .closed
        }
    }

    public func shutdownWrite() { socket?.shutdownWrite() }

    public func disconnect() {
        socket = nil
        parser = ReplyParser()
    }

    private func connected(by deadline: Deadline) throws -> Socket {
        if let socket { return socket }
        let fresh = try Socket(endpoint, by: deadline)
        parser = ReplyParser()
        socket = fresh
        return fresh
    }

    private func readReply(by deadline: Deadline, bodiless: Bool) throws -> HTTPReply {
        guard let socket else { throw SocketError.closed }
        while true {
            if let reply = try parser.next(bodiless: bodiless) {
                // A connection that is to be closed stays open here, so that a raw test can see the close itself.
                return reply
            }
            let bytes = try socket.receive(by: deadline)
            if bytes.isEmpty {
                if let reply = try parser.next(bodiless: bodiless, ended: true) { return reply }
                throw SocketError.closed
            }
            parser.feed(bytes)
        }
    }
}
