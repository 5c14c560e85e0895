public import Base

/// One event of a stream, as a browser would hand it out.
public struct StreamedEvent: Equatable, Sendable {
    public var name = "message"
    public var id = ""
    public var data = ""

    /// Its data as the body of a ticket.
    public func ticket() throws -> TicketBody { try HTTPReply(status: 200, headers: [], body: Array(data.utf8)).json() }
}

/// A client of a stream of events: parses it as WHATWG HTML, 9.2.6, says, and keeps all that it gets.
public final class EventStream {
    public let endpoint: Endpoint
    private var socket: Socket?
    private var raw: [UInt8] = []
    private var text: [UInt8] = []
    /// Once the head of the answer was read.
    public private(set) var status: Int?
    public private(set) var head = ""
    public private(set) var events: [StreamedEvent] = []
    public private(set) var retries: [Int] = []
    public private(set) var hasEnded = false
    private var isChunked = false

    /// Sends the request at once.
    public init(
        _ endpoint: Endpoint, _ target: String, lastEventID: String? = nil, within span: TimeSpan = .seconds(5)
    ) throws {
        self.endpoint = endpoint
        let deadline = Deadline(within: span)
        let socket = try Socket(endpoint, by: deadline)
        let headers = lastEventID.map { [(name: "Last-Event-ID", value: $0)] } ?? []
        try socket.send(HTTPRequest("GET", target, headers: headers).bytes(host: endpoint.authority), by: deadline)
        self.socket = socket
    }

    public var lastID: String { events.last { !$0.id.isEmpty }?.id ?? "" }

    /// Reads what has come. False once the connection is closed.
    @discardableResult
    public func read(within span: TimeSpan = .zero) throws -> Bool {
        guard let socket else { return false }
        do {
            let bytes = try socket.receive(by: Deadline(within: span))
            if bytes.isEmpty { self.socket = nil } else { raw += bytes }
        } catch SocketError.timedOut {
            return true
        } catch SocketError.closed {
            self.socket = nil
        }
        takeHead()
        if status != nil { takeChunks() }
        takeEvents()
        return self.socket != nil
    }

    public func cut() { socket = nil }

    private func takeHead() {
        guard status == nil, let end = Self.find([13, 10, 13, 10], in: raw) else { return }
        head = String(decoding: raw[..<end], as: UTF8.self)
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
        isChunked = head.contains("Transfer-Encoding: chunked")
        raw.removeFirst(end + 4)
    }

    private func takeChunks() {
        guard isChunked else {
            text += raw
            raw = []
            return
        }
        while let line = Self.find([13, 10], in: raw) {
            let size = Int(String(decoding: raw[..<line], as: UTF8.self), radix: 16) ?? 0
            guard raw.count >= line + 2 + size + 2 else { return }
            if size == 0 { hasEnded = true }
            text += raw[(line + 2)..<(line + 2 + size)]
            raw.removeFirst(line + 2 + size + 2)
        }
    }

    private func takeEvents() {
        while let end = Self.find([10, 10], in: text) {
            take(String(decoding: text[..<end], as: UTF8.self))
            text.removeFirst(end + 2)
        }
    }

    private func take(_ block: String) {
        var event = StreamedEvent()
        var lines: [String] = []
        for line in block.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = parts.count < 2 ? "" : parts[1].hasPrefix(" ") ? String(parts[1].dropFirst()) : parts[1]
            switch parts[0] {
            case "event": event.name = value
            case "id": event.id = value
            case "data": lines.append(value)
            case "retry": if let retry = Int(value) { retries.append(retry) }
            default: break
            }
        }
        guard !lines.isEmpty else { return }
        event.data = lines.joined(separator: "\n")
        events.append(event)
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...bytes.count - pattern.count).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
