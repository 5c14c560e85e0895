/// One call to a server, as it would be sent.
package struct Request: Equatable, Sendable {
    package let method: String
    package let url: String
    package var token: String?
    package var body: JSONValue?

    package init(_ method: String, _ url: String, token: String? = nil, body: JSONValue? = nil) {
        self.method = method
        self.url = url
        self.token = token
        self.body = body
    }

    /// What `--dry-run` prints; the token is masked.
    package var lines: [String] {
        var lines = ["\(method) \(url)"]
        if token != nil { lines.append("Authorization: Bearer ***") }
        if let body { lines += ["Content-Type: application/json", "", body.text] }
        return lines
    }
}

package struct Response: Equatable, Sendable {
    package let status: Int
    package let bytes: [UInt8]

    package init(status: Int, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
    }

    package var json: JSONValue? { JSONValue(parsing: bytes) }
}

/// Carries one request to a server and its answer back.
package protocol Transport {
    /// - Throws: code `failed`, when no whole answer came.
    func send(_ request: Request) throws(Failure) -> Response
}
