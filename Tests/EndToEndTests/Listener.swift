import TestKit

/// A buyer who listens to one ticket, and comes back whenever the connection is cut.
final class Listener {
    let ticket: String
    private let endpoint: Endpoint
    private var stream: EventStream?
    private var lastID: String?
    private(set) var states: [String] = []
    private(set) var visits = 0

    init(_ ticket: String, at endpoint: Endpoint) { (self.ticket, self.endpoint) = (ticket, endpoint) }

    private static let finals: Set = ["sold", "sold_out", "rejected", "expired", "cancelled"]
    var hasVerdict: Bool { states.last.map(Self.finals.contains) ?? false }
    var isBegun: Bool { stream?.status != nil }

    /// Reads what has come; connects anew where the connection has gone.
    func listen() throws {
        guard !hasVerdict else { return }
        guard let stream else {
            do {
                stream = try EventStream(endpoint, "/v1/tickets/\(ticket)/events", lastEventID: lastID)
                visits += 1
            } catch SocketError.cannotConnect {
                return  // nobody listens there for now
            }
            return
        }
        let (known, isOpen) = (stream.events.count, try stream.read())
        for event in stream.events[known...] where event.name == "ticket" {
            states.append(try event.ticket().state)
            lastID = event.id
        }
        if !isOpen { self.stream = nil }
    }

    func cut() {
        stream?.cut()
        stream = nil
    }
}
