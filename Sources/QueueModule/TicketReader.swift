import Base
import Domain
import HTTPServer
import Store

/// A ticket that we signed.
struct DecodedTicket {
    let ticket: Ticket
    /// Its item, where this loop knows one of that name.
    let entry: ItemEntry?
}

/// Reads the tickets that paths name, and finds their items.
final class TicketReader {
    private let parts: EndpointParts
    private(set) var forged: UInt64 = 0

    init(_ parts: EndpointParts) { self.parts = parts }

    /// Hands `use` the ticket that a path names, and its string as we write it; refuses what we did not sign.
    @inline(__always)
    func withTicket(
        of request: borrowing Request, _ range: Range<Int>, _ exchange: ExchangeID,
        _ use: (DecodedTicket, Span<UInt8>) -> Void
    ) {
        request.withPath { path in
            let text = path.extracting(range)
            if let found = decode(text) { return use(found, text) }
            if let plain = unescaped(path, range), let found = decode(plain.span) { return use(found, plain.span) }
            forged += 1
            parts.refuse(exchange, .unknownTicket)
        }
    }

    @inline(__always)
    private func decode(_ text: Span<UInt8>) -> DecodedTicket? {
        parts.codec.read(text) { DecodedTicket(ticket: $0, entry: parts.directory.entry(named: $1)) }
    }

    /// Finds the item of a ticket, whose string is `text`. One of another incarnation is unknown, one whose item is
    /// gone is lost.
    func withItem(
        of found: DecodedTicket, _ text: Span<UInt8>, _ exchange: ExchangeID, _ body: @escaping (ItemEntry) -> Void
    ) {
        let incarnation = found.ticket.incarnation
        func go(on entry: ItemEntry) {
            guard entry.view.snapshot.incarnation == incarnation else {
                return parts.refuse(exchange, .unknownTicket)
            }
            body(entry)
        }
        if let entry = found.entry {
            if entry.view.snapshot.incarnation == incarnation { return body(entry) }
            parts.directory.refresh(entry) { [unowned self] failure in
                if let failure { parts.refuseTicket(of: entry.name, exchange, after: failure) } else { go(on: entry) }
            }
            return
        }
        guard let name = parts.codec.decode(text)?.item else { return parts.refuse(exchange, .unknownTicket) }
        parts.directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuseTicket(of: name, exchange, after: failure)
            case .success(let entry): go(on: entry)
            }
        }
    }
}
