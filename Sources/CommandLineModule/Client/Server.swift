/// One server of ours: sends requests below its address and turns refusals into failures with advice.
public struct Server {
    public let address: String
    public let token: String?
    private let transport: any Transport

    public init(address: String, token: String?, transport: any Transport) {
        self.address = address
        self.token = token
        self.transport = transport
    }

    public func request(_ method: String, _ path: String, body: JSONValue? = nil) -> Request {
        Request(method, address + path, token: token, body: body)
    }

    /// The answer to `request`, whatever its status.
    public func answer(to request: Request) throws(Failure) -> Response { try transport.send(request) }

    /// The answer to `request`, when it is a success.
    public func call(_ request: Request) throws(Failure) -> Response {
        let response = try transport.send(request)
        guard (200..<300).contains(response.status) else { throw Self.failure(response, request) }
        return response
    }

    /// The answer to `request`, when it is a success; sent again, with the same key, where no answer came or the store
    /// did not answer the server.
    ///
    /// - Parameter pause: waits between two tries.
    public func callOnce(_ request: Request, pause: () -> Void) throws(Failure) -> Response {
        precondition(request.key != nil, "without a key a call must not be sent again")
        for _ in 1..<Self.tries {
            let answer: Response?
            do throws(Failure) { answer = try transport.send(request) } catch { answer = nil }
            if let answer, answer.status != 503 {
                guard (200..<300).contains(answer.status) else { throw Self.failure(answer, request) }
                return answer
            }
            pause()
        }
        return try call(request)
    }

    private static let tries = 3

    static func failure(_ response: Response, _ request: Request) -> Failure {
        let problem = response.json
        let code = problem?["code"]?.string
        let title = problem?["title"]?.string ?? "HTTP \(response.status)"
        // A problem without a detail of its own has its title there.
        let detail = problem?["detail"]?.string.flatMap { $0 == title ? nil : ": \($0)" } ?? ""
        let named =
            code.map { " (\(response.status) \($0))" } ?? (problem?["title"] == nil ? "" : " (\(response.status))")
        return Failure(
            .failed, "\(title)\(detail)\(named)",
            hint: hint(response.status, code, retryAfter: problem?["retry_after_ms"]?.integer))
    }

    private static func hint(_ status: Int, _ code: String?, retryAfter: Int64?) -> String? {
        switch (status, code) {
        case (401, _), (403, _):
            "the token is not this server's: check SLUICE_ADMIN_TOKEN, --admin-token-file or --data"
        case (404, "unknown-item"): "sluice item ls shows the items; item put makes one"
        case (404, "unknown-ticket"): "the ticket is not one of this server's, or was cut short"
        case (404, _): "is this the admin server? its default is http://127.0.0.1:8081 (--url)"
        case (412, _): "sluice item show NAME shows what it is now"
        case (409, "in-progress"): "its order is being placed: ask again in a moment"
        case (503, _), (429, _):
            retryAfter.map { "try again in \($0) ms; sluice status tells what is wrong" }
                ?? "try again in a moment; sluice status tells what is wrong"
        default: nil
        }
    }
}
