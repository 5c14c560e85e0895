/// The requests of a test, written out but for the user and the ticket.
public struct RequestPages: Sendable {
    private static let userDigits = 10
    private let purchases: [[UInt8]]  // up to the user's number, an item each
    private let views: [[UInt8]]
    private let poll = Array("GET /v1/tickets/".utf8)
    private let leave = Array("DELETE /v1/tickets/".utf8)
    private let end: [UInt8]

    /// - Parameter stem: what every user's name begins with; ten digits follow.
    public init(to endpoint: Endpoint, items: [String], stem: String) {
        let host = " HTTP/1.1\r\nHost: \(endpoint.authority)\r\n"
        end = Array("\(host)\r\n".utf8)
        let count = #"{"user":"\#(stem)"}"#.utf8.count + Self.userDigits
        purchases = items.map { item in
            Array(
                ("POST /v1/items/\(item)/purchases\(host)Content-Type: application/json\r\n"
                    + "Content-Length: \(count)\r\n\r\n" + #"{"user":"\#(stem)"#).utf8)
        }
        views = items.map { Array("GET /v1/items/\($0)\(host)\r\n".utf8) }
    }

    public func purchase(item: Int, user: UInt32, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: purchases[item])
        var divisor: UInt64 = 1_000_000_000
        for _ in 0..<Self.userDigits {
            bytes.append(0x30 + UInt8(UInt64(user) / divisor % 10))
            divisor /= 10
        }
        bytes.append(0x22)
        bytes.append(0x7D)
    }

    public func view(item: Int, into bytes: inout [UInt8]) { bytes.append(contentsOf: views[item]) }

    public func poll(_ number: Int, of tickets: TicketCache, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: poll)
        tickets.append(number, to: &bytes)
        bytes.append(contentsOf: end)
    }

    public func leave(_ number: Int, of tickets: TicketCache, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: leave)
        tickets.append(number, to: &bytes)
        bytes.append(contentsOf: end)
    }
}
