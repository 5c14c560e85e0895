import Base
import Domain
import Operations
import Store

/// What stands in an archive, and by what it is checked.
struct ArchiveManifest {
    struct Sum: Equatable {
        var purchases: Int64 = 0
        var units: Int64 = 0
    }

    let item: ItemName
    let incarnation: UInt64
    /// Of the item, as it was archived.
    let version: Int64
    let createdAt: WallInstant
    private let counters: ItemCounters
    private let leftOut: Int64  // sequences that no purchase has
    private(set) var sums: [BookEntry.State: Sum] = [:]
    /// Of what is sold: paid back, and of these the units that came back.
    private(set) var refunded = Sum()
    private(set) var returned = Sum()
    private var bytes: Int64 = 0
    private var lines: Int64 = 0
    private var digest = ""

    init(item: ItemName, snapshot: ItemSnapshot, createdAt: WallInstant) {
        self.item = item
        self.createdAt = createdAt
        incarnation = snapshot.incarnation
        counters = snapshot.counters
        version = snapshot.counters.version
        leftOut = snapshot.skipped.count(upTo: snapshot.counters.tail)
    }

    private var name: String { "\(item)-\(ItemIncarnation.text(incarnation))-\(version)" }
    var fileName: String { "\(name).ndjson" }
    var manifestName: String { "\(name).manifest.json" }

    /// What the item remembers of it.
    var note: String { "\(createdAt.milliseconds) \(digest) \(fileName)" }

    mutating func count(_ entry: BookEntry) {
        func add(to sum: inout Sum) {
            sum.purchases += 1
            sum.units += entry.quantity
        }
        add(to: &sums[entry.state, default: Sum()])
        guard let refund = entry.refund else { return }
        add(to: &refunded)
        if refund.isUnitReturned { add(to: &returned) }
    }

    mutating func written(_ file: ArchiveFile) {
        (bytes, lines, digest) = (file.bytes, file.lines, file.digest)
    }

    private var rows: Int64 { sums.values.reduce(0) { $0 + $1.purchases } }

    /// Purchases without a row: an earlier release did not keep them, or the store lost them.
    var missing: Int64 { counters.tail - leftOut - rows }

    /// How the rows contradict the item's counters; nil: they do not.
    var difference: String? {
        let sold = (sums[.sold]?.units ?? 0) - returned.units
        if lines != rows { return "\(rows) purchases were read and \(lines) lines written" }
        if missing < 0 { return "\(rows) purchases were read of \(counters.tail - leftOut)" }
        // Where rows are missing, some of what was sold may be missing too.
        guard missing == 0 ? sold == counters.sold : sold <= counters.sold else {
            return "the rows have \(sold) units sold, the item \(counters.sold)"
        }
        return nil
    }

    var json: [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendJSON { write(to: &$0) }
        buffer.append("\n")
        return buffer.bytes
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("item", item.description)
        json.field("incarnation", ItemIncarnation.text(incarnation))
        json.field("version", version)
        json.field("created_at", Optional(createdAt))
        json.field("file", fileName)
        json.field("bytes", bytes)
        json.field("sha256", digest)
        json.field("purchases", rows)
        json.field("missing", missing)
        json.key("states")
        json.beginObject()
        for state in BookEntry.State.allCases {
            guard let sum = sums[state] else { continue }
            json.key(state.key)
            sum.write(to: &json)
        }
        json.endObject()
        json.key("refunded")
        refunded.write(to: &json)
        json.key("returned")
        returned.write(to: &json)
        json.key("units")
        json.beginObject()
        json.field("stock_total", counters.stockTotal)
        json.field("sold", counters.sold)
        json.field("stock_left", counters.free)
        json.field("held", counters.held)
        json.endObject()
        json.endObject()
    }
}

extension ArchiveManifest.Sum {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("purchases", purchases)
        json.field("units", units)
        json.endObject()
    }
}

extension BookEntry.State {
    /// Its word, as a key.
    fileprivate var key: StaticString {
        switch self {
        case .queued: "queued"
        case .processing: "processing"
        case .reserved: "reserved"
        case .sold: "sold"
        case .rejected: "rejected"
        case .expired: "expired"
        case .cancelled: "cancelled"
        case .soldOut: "sold_out"
        case .inDoubt: "in_doubt"
        }
    }
}
