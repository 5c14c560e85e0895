/// A request as our test clients send it; `bytes` is what goes over the wire.
public struct HTTPRequest: Sendable {
    public var method: String
    public var target: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?

    public init(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], json: String? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        body = json.map { Array($0.utf8) }
        if json != nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            self.headers.append(("Content-Type", "application/json"))
        }
    }

    func bytes(host: String) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        head += "\r\n"
        return Array(head.utf8) + (body ?? [])
    }
}

extension HTTPRequest {
    /// A purchase. A `key` of nil sends no Idempotency-Key.
    public static func purchase(item: String, user: String, quantity: Int = 1, key: String? = nil) -> HTTPRequest {
        HTTPRequest(
            "POST", "/v1/items/\(item)/purchases", headers: key.map { [("Idempotency-Key", $0)] } ?? [],
            json: #"{"user":"\#(user)","quantity":\#(quantity)}"#)
    }

    public static func poll(_ ticket: String) -> HTTPRequest { HTTPRequest("GET", "/v1/tickets/\(ticket)") }
}
