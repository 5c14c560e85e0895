import Base
import Domain

/// The tickets that a stream is asked for: `?tickets=T1,T2`.
struct TicketList {
    struct Refusal: Error { let reason: String }

    /// As they were sent, each once.
    let tickets: [[UInt8]]

    init(_ query: Span<UInt8>) throws(Refusal) {
        var list: [UInt8]?
        for pair in String(utf8: query).split(separator: "&") where pair.hasPrefix("tickets=") {
            guard list == nil else { throw Refusal(reason: "tickets is given twice: separate them by commas") }
            list = percentDecoded(pair.dropFirst("tickets=".count).utf8)
            guard list != nil else { throw Refusal(reason: "tickets is not escaped as it must be") }
        }
        var tickets: [[UInt8]] = []
        for part in (list ?? []).split(separator: UInt8(ascii: ",")) where !tickets.contains(Array(part)) {
            tickets.append(Array(part))
        }
        guard 1...Limits.ticketsAStream ~= tickets.count else {
            throw Refusal(reason: "tickets must be 1 to \(Limits.ticketsAStream) tickets, separated by commas")
        }
        self.tickets = tickets
    }
}
