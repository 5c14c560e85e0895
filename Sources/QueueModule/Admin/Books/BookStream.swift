import Base
import Domain
import HTTPServer
import Store

// DESIGN
// A book may have millions of rows, so it is never whole in memory: a page of the store becomes a part of the response,
// and the next page is read when the client has taken that part. The stream is kept by what it waits for, the store's
// reply or the connection that drains, and goes with them.

/// Writes an item's books into one response, as fast as its client reads.
final class BookStream {
    private let parts: EndpointParts
    private let reader: BookReader
    private let exchange: ExchangeID
    private let format: BookFormat
    private var left: Int
    private var isBegun = false
    private var isReading = false

    init(_ parts: EndpointParts, _ reader: BookReader, _ exchange: ExchangeID, _ format: BookFormat, limit: Int?) {
        (self.parts, self.reader, self.exchange, self.format) = (parts, reader, exchange, format)
        left = limit ?? Int.max
    }

    func start() { readNext() }

    private func readNext() {
        guard !isReading else { return }
        isReading = true
        reader.nextSome(min(left, Limits.batch)) { [self] result in
            isReading = false
            switch result {
            case .success(let entries): send(entries)
            case .failure where isBegun: parts.responder.reset(exchange)  // its client must not take it for the whole
            case .failure(let failure): parts.refuse(exchange, after: failure)
            }
        }
    }

    private func send(_ entries: [BookEntry]) {
        let isFirst = !isBegun
        if isFirst {
            isBegun = true
            let isWanted = parts.responder.stream(to: exchange, onDrained: { [self] in readNext() }) { response in
                response.contentType(format.contentType)
                response.field("Cache-Control: no-store")
            }
            guard isWanted else { return }
        }
        left -= entries.count
        let isLast = reader.isAtEnd || left <= 0
        let progress = parts.responder.sendPart(of: exchange, isLast: isLast) { buffer in
            if isFirst, format == .csv {
                buffer.append(utf8: BookRow.header(withTickets: reader.query.withTickets))
            }
            for entry in entries {
                let row = reader.row(entry)
                if format == .csv {
                    row.writeCSV(to: &buffer)
                } else {
                    buffer.appendJSON { row.write(to: &$0) }
                    buffer.append("\n")
                }
            }
        }
        if progress == .sent, !isLast { readNext() }
    }
}
