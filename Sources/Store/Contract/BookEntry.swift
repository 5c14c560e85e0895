public import Base
public import Domain
import RedisClient

/// What is known of one purchase, as the books show it.
public struct BookEntry: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case queued, processing, reserved, sold, rejected, expired, cancelled
        case soldOut = "sold_out"
        case inDoubt = "in_doubt"

        /// The byte that stands for it, where a filter names it.
        var wanted: ResultByte {
            switch self {
            case .queued: .undecided
            case .processing: .processing
            case .reserved: .reserved
            case .sold: .sold
            case .rejected: .rejected
            case .expired: .expired
            case .cancelled: .cancelled
            case .soldOut: .insufficientStock
            case .inDoubt: .inDoubt
            }
        }

        /// By the reading rule; nil for what no purchase has.
        init?(_ byte: ResultByte, hasEnded: Bool) {
            switch byte {
            case .undecided: self = hasEnded ? .soldOut : .queued
            case .processing: self = .processing
            case .reserved: self = .reserved
            case .sold: self = .sold
            case .rejected: self = .rejected
            case .expired: self = .expired
            case .cancelled: self = .cancelled
            case .insufficientStock: self = .soldOut
            case .inDoubt: self = .inDoubt
            case .lost: return nil
            }
        }
    }

    public var sequence: Int64
    public var user: String
    public var quantity: Int64
    public var state: State
    public var admittedAt: WallInstant?  // nil where an earlier release did not keep it
    public var order: String?  // reference of its order
    public var reason: String?  // why it got nothing
    public var reference: String?  // of the payment that bought it
    public var refund: Refund?
    /// Of the key that signed its ticket; nil where it was not asked for, or where its record was dropped.
    public var ticketKeyID: UInt8?

    public init(
        sequence: Int64, user: String, quantity: Int64, state: State, admittedAt: WallInstant?, order: String? = nil,
        reason: String? = nil, reference: String? = nil, refund: Refund? = nil, ticketKeyID: UInt8? = nil
    ) {
        self.sequence = sequence
        self.user = user
        self.quantity = quantity
        self.state = state
        self.admittedAt = admittedAt
        self.order = order
        self.reason = reason
        self.reference = reference
        self.refund = refund
        self.ticketKeyID = ticketKeyID
    }
}

/// A part of an item's books, in order of sequence.
public struct BookPage: Sendable, Equatable {
    public var entries: [BookEntry]
    /// All up to this sequence were examined: the next page begins behind it.
    public var examined: Int64
    /// As the same call saw them.
    public var counters: ItemCounters

    public var isLast: Bool { examined >= counters.tail }

    /// From the reply of purchases.lua; nil where it has another shape.
    init?(_ reply: ScriptReply) {
        let first = ItemCounters.count + 1
        guard let counters = reply.counters, let examined = reply.integer(first), let rows = reply.array(first + 1),
            rows.count % Self.columns == 0
        else { return nil }
        (self.counters, self.examined) = (counters, examined)
        let count = rows.count / Self.columns
        let details = (0..<4).map { reply.array(first + 2 + $0) ?? [] }
        guard details.allSatisfy({ $0.count == count }) else { return nil }
        let records = reply.array(first + 6) ?? []
        guard records.isEmpty || records.count == count else { return nil }
        entries = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            let row = rows[(index * Self.columns)..<((index + 1) * Self.columns)]
            guard var entry = BookEntry(row, endedAt: counters.endedAt) else { return nil }
            func text(_ column: Int) -> String? {
                details[column][index].bytes.map { String(decoding: $0, as: UTF8.self) }
            }
            entry.order = text(0)
            entry.reason = text(1) ?? entry.reason
            entry.reference = text(2)
            entry.refund = details[3][index].bytes.flatMap { Refund($0) }
            if !records.isEmpty { entry.ticketKeyID = records[index].bytes.flatMap { entry.keyID(in: $0) } }
            entries.append(entry)
        }
    }

    private static let columns = 5
}

extension BookEntry {
    /// From sequence, result, user (packed), quantity and time of admission.
    fileprivate init?(_ row: ArraySlice<RedisValue>, endedAt: Int64) {
        let at = row.startIndex
        guard let sequence = row[at].integer, Limits.sequence.contains(sequence), let code = row[at + 1].integer,
            let byte = UInt8(exactly: code).flatMap({ ResultByte(rawValue: $0) }), let user = row[at + 2].bytes,
            let quantity = row[at + 3].integer, Limits.quantity.contains(quantity), let time = row[at + 4].integer,
            let state = State(byte, hasEnded: sequence <= endedAt)
        else { return nil }
        self.init(
            sequence: sequence, user: String(decoding: SevenBitText.unpack(user[...]), as: UTF8.self),
            quantity: quantity, state: state, admittedAt: time > 0 ? WallInstant(milliseconds: time) : nil)
        if byte == .insufficientStock { reason = "insufficient-stock" }
        if byte == .rejected { reason = "refused-by-order-sink" }
    }

    /// The id of the key of this purchase's ticket, among its user's records.
    fileprivate func keyID(in records: [UInt8]) -> UInt8? {
        for start in stride(from: 0, to: records.count - RecordLayout.length + 1, by: RecordLayout.length) {
            let number = records[start..<start + RecordLayout.quantity.lowerBound].reduce(0) { $0 << 8 | Int64($1) }
            if number == sequence { return records[start + RecordLayout.length - 1] }
        }
        return nil
    }
}
