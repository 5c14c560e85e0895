/// One call to a server, as it would be sent.
public struct Request: Equatable, Sendable {
    public let method: String
    public let url: String
    public var token: String?
    public var body: JSONValue?
    /// With a key the server does it once, however often it is sent.
    public var key: String?
    public var accept = "application/json"
    public var timeoutMilliseconds = 10_000
    /// For calls that go through all purchases of an item.
    public static let longTimeoutMilliseconds = 3_600_000

    public init(
        _ method: String, _ url: String, token: String? = nil, body: JSONValue? = nil, key: String? = nil
    ) {
        self.method = method
        self.url = url
        self.token = token
        self.body = body
        self.key = key
    }

    /// A key that no other call has.
    public static func freshKey() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// What `--dry-run` prints; the token is masked.
    public var lines: [String] {
        var lines = ["\(method) \(url)"]
        if token != nil { lines.append("Authorization: Bearer ***") }
        if key != nil { lines.append("Idempotency-Key: (a new one for each command)") }
        if let body { lines += ["Content-Type: application/json", "", body.text] }
        return lines
    }
}

public struct Response: Equatable, Sendable {
    public let status: Int
    public let bytes: [UInt8]

    public init(status: Int, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
    }

    public var json: JSONValue? { JSONValue(parsing: bytes) }
}

/// Carries one request to a server and its answer back.
public protocol Transport {
    /// - Throws: code `failed`, when no whole answer came.
    func send(_ request: Request) throws(Failure) -> Response
}
