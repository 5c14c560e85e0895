import Domain
import RedisClient
import Testing

@testable import Store

/// Adds an item's ledger up from nothing, as an auditor would who has only the stream.
struct LedgerBook: Equatable {
    enum Kind: UInt8 {
        case sold = 1, taken, confirmed, refused, inDoubt
        case revived = 7
        case reserved, paid, expired, left, returned, refunded, refundDue, leftQueue, soldOut, reopened, closed
    }

    struct Movement: Hashable {
        var sequence: Int64
        var attempt: UInt8
        var kind: UInt8
    }

    var free: Int64 = 0
    var held: Int64 = 0
    var inDoubt: Int64 = 0
    var sold: Int64 = 0
    var refundsDue = 0
    var seen: Set<Movement> = []
    var doubled: [Movement] = []
    var versions: [Int64] = []

    /// - Parameter trimmed: what was kept of entries that were removed, as meta has it.
    init(_ entries: RedisValue, trimmed: String = "") throws {
        let sums = trimmed.split(separator: " ").dropFirst().compactMap { Int64($0) }
        if sums.count == 4 { (free, held, inDoubt, sold) = (sums[0], sums[1], sums[2], sums[3]) }
        for entry in try #require(entries.array) {
            let fields = (entry.array?.last?.array ?? []).compactMap(\.bytes)
            try #require(fields.count >= 4 && fields.count % 2 == 0 && fields[0] == Array("v".utf8))
            versions.append(try #require(Int64(String(decoding: fields[1], as: UTF8.self))))
            for at in stride(from: 2, to: fields.count, by: 2) {
                switch String(decoding: fields[at], as: UTF8.self) {
                case "stock": free += try #require(Int64(String(decoding: fields[at + 1], as: UTF8.self)))
                case "m": try add(fields[at + 1])
                case let name: try #require(name == "refs")
                }
            }
        }
    }

    private mutating func add(_ packed: [UInt8]) throws {
        try #require(!packed.isEmpty && packed.count % 12 == 0)
        for at in stride(from: 0, to: packed.count, by: 12) {
            func number(_ range: Range<Int>) -> Int64 {
                packed[at + range.lowerBound..<at + range.upperBound].reduce(0) { $0 << 8 | Int64($1) }
            }
            let kind = try #require(Kind(rawValue: packed[at]))
            let quantity = number(2..<4)
            let (first, count) = (number(4..<8), number(8..<12))
            for sequence in first..<first + count {
                let movement = Movement(sequence: sequence, attempt: packed[at + 1], kind: packed[at])
                if kind == .refundDue {
                    refundsDue += 1  // one for each reference
                } else if sequence > 0, !seen.insert(movement).inserted {
                    doubled.append(movement)
                }
                move(kind, quantity)
            }
        }
    }

    private mutating func move(_ kind: Kind, _ units: Int64) {
        switch kind {
        case .sold: (free, sold) = (free - units, sold + units)
        case .taken: (free, held) = (free - units, held + units)
        case .confirmed: (held, sold) = (held - units, sold + units)
        case .refused: (held, free) = (held - units, free + units)
        case .inDoubt: inDoubt += units
        case .revived: inDoubt -= units
        case .reserved, .refunded, .refundDue, .leftQueue, .soldOut, .reopened, .closed: break
        case .paid: (held, sold) = (held - units, sold + units)
        case .expired, .left: (held, free) = (held - units, free + units)
        case .returned: (sold, free) = (sold - units, free + units)
        }
    }
}

extension Rig {
    func ledger(_ item: ItemReference) throws -> LedgerBook {
        let trimmed = try raw("HGET", String(decoding: item.keys.meta, as: UTF8.self), "trimmed").bytes ?? []
        return try LedgerBook(
            raw("XRANGE", String(decoding: item.keys.ledger, as: UTF8.self), "-", "+"),
            trimmed: String(decoding: trimmed, as: UTF8.self))
    }

    /// The ledger says what the counters say, no movement twice, versions rising.
    func expectLedgerAddsUp(_ item: ItemReference, _ comment: Comment? = nil) throws {
        let (book, counters) = (try ledger(item), try counters(item))
        #expect(
            [book.free, book.held, book.inDoubt, book.sold]
                == [counters.free, counters.held, counters.inDoubt, counters.sold], comment)
        #expect(book.doubled == [], comment)
        #expect(zip(book.versions, book.versions.dropFirst()).allSatisfy { $0 < $1 }, comment)
    }
}
