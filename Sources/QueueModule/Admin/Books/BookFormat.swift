import Base
import Domain
import Store

/// How the books are written.
enum BookFormat: Equatable {
    case json, lines, csv

    /// By the value of `Accept`: the first range that names one of ours and is not ruled out.
    init(accept: String?) {
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            if parts.contains("q=0") || parts.contains("q=0.0") { continue }
            switch parts.first {
            case "application/x-ndjson": self = .lines
            case "text/csv": self = .csv
            case "application/json": self = .json
            default: continue
            }
            return
        }
        self = .json
    }

    var contentType: StaticString {
        switch self {
        case .json: "application/json"
        case .lines: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8; header=present"
        }
    }
}

/// One purchase as a row of the books.
struct BookRow {
    let entry: BookEntry
    /// Nil where it is not wanted; empty where it can't be made.
    let ticket: String?

    static func header(withTickets: Bool) -> String {
        "sequence,user,quantity,state,order,reason,admitted_at,ended_at,reference" + (withTickets ? ",ticket" : "")
            + "\r\n"
    }

    /// - Parameter item: written first where the rows are of several items.
    func write(to json: inout JSONWriter, item: ItemName? = nil) {
        json.beginObject()
        if let item { json.field("item", item.description) }
        json.field("sequence", entry.sequence)
        json.field("user", entry.user)
        json.field("quantity", entry.quantity)
        json.field("state", entry.state.rawValue)
        json.field("order", entry.order)
        json.field("reason", entry.reason)
        json.field("admitted_at", entry.admittedAt)
        json.field("ended_at", WallInstant?.none)
        json.field("reference", entry.reference)
        if let refund = entry.refund {
            json.key("refund")
            refund.write(to: &json)
        }
        if let ticket { json.field("ticket", ticket.isEmpty ? nil : ticket) }
        json.endObject()
    }

    /// One line of CSV (RFC 4180). Every text is in quotes, and none has a line break.
    func writeCSV(to buffer: inout ByteBuffer) {
        buffer.append(decimal: entry.sequence)
        Self.appendCell(entry.user, to: &buffer)
        buffer.append(",")
        buffer.append(decimal: entry.quantity)
        for text in [entry.state.rawValue, entry.order, entry.reason] { Self.appendCell(text, to: &buffer) }
        buffer.append(",")
        if let time = entry.admittedAt { buffer.append(rfc3339: time) }
        buffer.append(",")
        Self.appendCell(entry.reference, to: &buffer)
        if let ticket { Self.appendCell(ticket.isEmpty ? nil : ticket, to: &buffer) }
        buffer.append("\r\n")
    }

    /// What a spreadsheet would take for a formula gets an apostrophe in front: buyers choose their own names.
    private static func appendCell(_ text: String?, to buffer: inout ByteBuffer) {
        buffer.append(",")
        guard let text else { return }
        buffer.append("\"")
        if let first = text.utf8.first, "=+-@".utf8.contains(first) || first < 0x20 { buffer.append("'") }
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { buffer.append(byte) }
            buffer.append(byte < 0x20 ? UInt8(ascii: " ") : byte)
        }
        buffer.append("\"")
    }
}
