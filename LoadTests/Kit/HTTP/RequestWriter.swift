/// Writes requests to one server.
public struct RequestWriter: Sendable {
    private let hostLine: String

    public init(to endpoint: Endpoint) { hostLine = " HTTP/1.1\r\nHost: \(endpoint.authority)\r\n" }

    /// `headers` are whole lines, each with its CR LF.
    public func get(_ path: String, headers: String = "", into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "GET ".utf8)
        bytes.append(contentsOf: path.utf8)
        bytes.append(contentsOf: hostLine.utf8)
        bytes.append(contentsOf: headers.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// `headers` are whole lines, each with its CR LF.
    public func send(_ method: String, _ path: String, headers: String, json: String, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: method.utf8)
        bytes.append(0x20)
        bytes.append(contentsOf: path.utf8)
        bytes.append(contentsOf: hostLine.utf8)
        bytes.append(contentsOf: headers.utf8)
        bytes.append(contentsOf: "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n".utf8)
        bytes.append(contentsOf: json.utf8)
    }
}
