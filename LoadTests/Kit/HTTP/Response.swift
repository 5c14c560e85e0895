// DESIGN
// Stricter than a browser on purpose: a server that is sloppy here must not pass. `AnswerHead` says where an answer
// ends; this checks every byte of it. Every answer needs a length (the contract has no chunked ones on the calls used),
// lines end in CR LF, no header is folded, and a length is given once.

/// One answer of the server, with the few headers that a buyer acts on.
public struct Response: Sendable, Equatable {
    public static let headLimit = 16 * 1_024  // bytes
    public static let bodyLimit = 1_024 * 1_024  // bytes

    /// 200...599.
    public var status: Int
    public var body: [UInt8] = []
    public var contentType: String?
    public var location: String?
    /// Whole seconds.
    public var retryAfterSeconds: Int64?
    public var isReplay = false

    public init(status: Int) { self.status = status }

    /// Reads one whole answer and nothing behind it.
    public init(_ bytes: [UInt8]) throws(MalformedResponse) {
        var rest = bytes[...]
        status = try Self.status(of: try Self.takeLine(&rest))
        var bodyCount: Int?
        while rest.first != 0x0D {
            try HeaderLine(try Self.takeLine(&rest)).apply(to: &self, bodyCount: &bodyCount)
        }
        _ = try Self.takeLine(&rest)
        guard rest.startIndex <= Self.headLimit else { throw MalformedResponse("head over the limit") }
        if status == 204 || status == 304 {
            guard bodyCount == nil || status == 304 else { throw MalformedResponse("204 with a length") }
            bodyCount = 0
        }
        guard let bodyCount else { throw MalformedResponse("no Content-Length") }
        guard rest.count == bodyCount else { throw MalformedResponse("\(rest.count) bytes where \(bodyCount) are due") }
        body = Array(rest)
    }

    /// The answer in `bytes`, or what is wrong with it.
    static func read(_ bytes: Span<UInt8>) -> Result<Response, Loss> {
        do throws(MalformedResponse) {
            return .success(try Response(bytes.indices.map { bytes[$0] }))
        } catch { return .failure(.malformed(error.description)) }
    }

    private static func status(of line: ArraySlice<UInt8>) throws(MalformedResponse) -> Int {
        let prefix = Array("HTTP/1.1 ".utf8)
        guard line.starts(with: prefix), line.count >= prefix.count + 3 else { throw MalformedResponse("status line") }
        let rest = line.dropFirst(prefix.count)
        guard let status = HeaderLine.decimal(rest.prefix(3)), (200...599).contains(status),
            rest.count == 3 || rest.dropFirst(3).first == 0x20
        else { throw MalformedResponse("status line") }
        return status
    }

    private static func takeLine(_ rest: inout ArraySlice<UInt8>) throws(MalformedResponse) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: 0x0D), end + 1 < rest.endIndex, rest[end + 1] == 0x0A else {
            throw MalformedResponse("a line does not end in CR LF")
        }
        let line = rest[..<end]
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw MalformedResponse("a control byte in the head")
        }
        rest = rest[(end + 2)...]
        return line
    }
}

/// Why an answer is no HTTP/1.1 that this client takes; the connection is of no more use.
public struct MalformedResponse: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// What became of a request that got no answer.
public enum Loss: Error, Equatable, Sendable {
    /// The server was not reached; nothing was sent.
    case notConnected
    /// The connection ended, or the time was up: the server may have done what was asked.
    case unanswered
    /// What came was no answer this client takes; the server may have done what was asked.
    case malformed(String)
}
