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

    /// The ticket whose string this is; nil, and counted, where we did not sign it.
    func decoded(_ text: [UInt8]) -> DecodedTicket? {
        let found = decode(text.span)
        if found == nil { forged += 1 }
        return found
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
        findItem(of: found, text) { [unowned self] item in
            switch item {
            case .found(let entry): body(entry)
            case .refused(let problem): parts.refuse(exchange, problem)
            }
        }
    }

    enum Item {
        case found(ItemEntry)
        case refused(Problem)
    }

    /// The same for more than one ticket a request: says why one can't be shown.
    func findItem(of found: DecodedTicket, _ text: Span<UInt8>, _ completion: @escaping (Item) -> Void) {
        let incarnation = found.ticket.incarnation
        func go(on entry: ItemEntry) {
            completion(entry.view.snapshot.incarnation == incarnation ? .found(entry) : .refused(.unknownTicket))
        }
        func refuse(_ name: ItemName, after failure: StoreFailure) {
            parts.problem(ofTicketOf: name, after: failure) { completion(.refused($0)) }
        }
        if let entry = found.entry {
            if entry.view.snapshot.incarnation == incarnation { return completion(.found(entry)) }
            parts.directory.refresh(entry) { failure in
                if let failure { refuse(entry.name, after: failure) } else { go(on: entry) }
            }
            return
        }
        guard let name = parts.codec.decode(text)?.item else { return completion(.refused(.unknownTicket)) }
        parts.directory.lookUp(name) { result in
            switch result {
            case .failure(let failure): refuse(name, after: failure)
            case .success(let entry): go(on: entry)
            }
        }
    }
}
