import Base
import Domain
import HTTPServer
import Store

// DESIGN
// A week by the minute is a megabyte of JSON. It is written in parts, one for each page of the store, so that the loop,
// which serves buyers too, is never held for longer than a page takes; the next page is read when the client has taken
// the part before. The stream is kept by what it waits for, and goes with it.

/// Writes a part of an item's series into one response, as fast as its client reads.
final class SeriesStream {
    private let parts: EndpointParts
    private let exchange: ExchangeID
    private let item: ItemName
    private let keys: ItemKeys
    private let incarnation: UInt64
    private let step: SeriesStep
    private let wanted: ClosedRange<Int64>  // seconds since 1970
    private var next: Int64
    private var last: SeriesPoint?  // that was written, or is before the first one
    private var isBegun = false
    private var isReading = false

    init(
        _ parts: EndpointParts, _ exchange: ExchangeID, of item: ItemName, incarnation: UInt64, _ step: SeriesStep,
        in wanted: ClosedRange<Int64>
    ) {
        (self.parts, self.exchange, self.item, self.incarnation) = (parts, exchange, item, incarnation)
        (self.step, self.wanted, next) = (step, wanted, wanted.lowerBound)
        keys = ItemKeys(item)
    }

    func start() { readNext() }

    private func readNext() {
        guard !isReading else { return }
        isReading = true
        let seconds = next...wanted.upperBound
        parts.store.series(of: keys, incarnation: incarnation, step, in: seconds) { [self] result in
            isReading = false
            switch result {
            case .success(let page): send(page)
            case .failure where isBegun: parts.responder.reset(exchange)  // its client must not take it for the whole
            case .failure(let failure): parts.refuse(exchange, after: failure)
            }
        }
    }

    private func send(_ page: Store.SeriesPage) {
        let isFirst = !isBegun
        if isFirst {
            isBegun = true
            last = page.before
            let isWanted = parts.responder.stream(to: exchange, onDrained: { [self] in readNext() }) { response in
                response.contentType("application/json")
                response.field("Cache-Control: no-store")
            }
            guard isWanted else { return }
        }
        let end = (page.points.last?.second ?? next) + step.seconds
        let isLast = !page.isMoreLeft || end > wanted.upperBound
        let progress = parts.responder.sendPart(of: exchange, isLast: isLast) { buffer in
            if isFirst { appendHead(to: &buffer) }
            for (index, point) in page.points.enumerated() {
                if !isFirst || index > 0 { buffer.append(",") }
                append(point, to: &buffer)
            }
            if isLast { buffer.append("]}") }
        }
        next = end
        if progress == .sent, !isLast { readNext() }
    }

    // MARK: JSON

    private func appendHead(to buffer: inout ByteBuffer) {
        buffer.append("{\"item\":")
        buffer.appendJSON { $0.string(item.description) }
        buffer.append(",\"step_ms\":")
        buffer.appendJSON { $0.integer(step.seconds * 1_000) }
        buffer.append(",\"from\":")
        buffer.appendJSON { $0.time(Self.time(wanted.lowerBound)) }
        buffer.append(",\"to\":")
        buffer.appendJSON { $0.time(Self.time(wanted.upperBound)) }
        buffer.append(",\"before\":")
        if let last, !last.isBeforeAll {
            buffer.appendJSON { json in
                json.beginObject()
                Self.writeLevels(of: last, to: &json)
                json.endObject()
            }
        } else {
            buffer.append("null")
        }
        buffer.append(",\"points\":[")
    }

    private func append(_ point: SeriesPoint, to buffer: inout ByteBuffer) {
        let before = last ?? point
        buffer.appendJSON { json in
            json.beginObject()
            Self.writeLevels(of: point, to: &json)
            json.field("arrivals", point.arrivals(since: before))
            json.field("most_waiting", point.mostWaiting(since: before))
            json.endObject()
        }
        last = point
    }

    private static func writeLevels(of point: SeriesPoint, to json: inout JSONWriter) {
        json.field("at", time(point.second))
        json.field("waiting", point.waiting)
        json.field("sold", point.sold)
        json.field("held", point.held)
        json.field("stock_left", point.free)
    }

    private static func time(_ second: Int64) -> WallInstant { WallInstant(milliseconds: second * 1_000) }
}
