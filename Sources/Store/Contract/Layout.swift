import Domain

// What is packed into the values of keys and into messages, each layout once. `pack` texts are those of Lua's struct:
// `>` most significant byte first, `I4` four bytes, `B` one.

/// One byte for each sequence, in keys of equal length.
enum ResultSegment {
    static let length = 65_536
}

/// What a user bought: sequence, quantity, key digest, ticket key id. A user has up to `Limits.purchasesPerUser`.
enum RecordLayout {
    static let quantity = 4..<6
    static let digest = 6..<13
    static let length = 14
    /// All but the sequence.
    static let detailsLength = 10
    static let numberedDetails = ">I4c10"
    static let sequence = ">I4"
    static let sequenceAndQuantity = ">I4I2"
}

/// A chunk of the queue: first sequence, time (ms), flags, count; then, where the flags are set, the quantities and the
/// key digests of all; then each user as `SevenBitText`, its length (1 byte) first.
enum ChunkLayout {
    static let header = ">I4I8BI2"
    static let headerLength = 15
    /// What a script puts in front of the caller's part.
    static let stamp = ">I4I8"
    static let stampLength = 12
    static let hasQuantities: UInt8 = 1
    static let hasDigests: UInt8 = 2
    static let quantity = ">I2"
    static let quantityLength = 2
    static let digestLength = 7
}

/// The answer to one purchase: the code, then sequence, quantity and key id of a record.
enum AnswerLayout {
    static let sequence = 1..<5
    static let quantity = 5..<7
    static let keyID = 7
    static let length = 8
    /// Every byte of an answer to a purchase that is no replay.
    static let noReplay: UInt8 = 255
}

/// The user of each purchase in order of sequence, as the low half of a hash.
enum HolderLayout {
    static let length = 4
}

/// A purchase in flight: attempt, quantity, time (ms), key digest, user as `SevenBitText`.
enum FlightLayout {
    static let head = ">BI2"
    static let fixed = ">BI2I8"
    static let quantity = 1..<3
    static let time = 3..<11
    static let digest = 11..<18
    static let userStart = 18
    /// Attempts are one byte, from 1.
    static let attempts: Int64 = 255
}

/// A refund: time (ms), 1 where the units came back, else 0, and the reference, with spaces between.
enum RefundLayout {
    static let text = "%d %d %s"
    /// A pattern of Lua's that finds those whose units came back.
    static let returned = "^%d+ 1 "
}

/// A run of results in a notification: first sequence, count, byte.
enum RunLayout {
    static let pack = ">I4I4B"
    static let length = 9
}

/// An entry of the ledger: the version that it belongs to, its movements (kind, attempt, quantity, first sequence,
/// count), the units that an operator added, and the references of payments that are to be paid back, in the order of
/// their movements, with spaces between.
enum LedgerLayout {
    static let version = "v"
    static let movements = "m"
    static let stock = "stock"
    static let references = "refs"
    static let kind = ">BBI2"
    static let range = ">I4I4"
    static let length = 12
    /// Both together.
    static let movement = ">BBI2I4I4"
    /// The id of an entry that stands before all others.
    static let noEntry = "0-0"
    /// A pattern of Lua's that finds the two numbers of an id.
    static let id = "^(%d+)%-(%d+)$"
}

/// What events.lua replies of an entry: the place of the first purchase, then the movement.
enum RunOfEvents {
    static let pack = ">I2BBI2I4I4"
    static let length = 14
}

/// A pointer in the feed of all items: item, incarnation, id of the entry before, id of the last one, with spaces
/// between.
enum PointerLayout {
    static let field = "p"
}

/// A point of an item's series: second (since 1970), purchases arrived, waiting, most waiting, units sold, held, free.
enum SeriesLayout {
    static let point = ">I4I4I4I4I4I4I4"
    static let time = ">I4"
    static let length = 28
}

/// What happened. 6 was an operator's change of stock, which has an entry of its own.
enum LedgerKind: UInt8 {
    case sold = 1, taken, confirmed, refused, inDoubt
    case revived = 7
    /// Of units that are held: to be paid; paid; given back since the time to pay is over, or since the buyer left.
    case reserved, paid, expired, left
    /// Of units that were sold: given back, or kept, since the buyer got the money back.
    case returned, refunded
    /// No units: money came that bought nothing.
    case refundDue
    /// No units: the buyer left the queue.
    case leftQueue
    // Of the item as a whole: no units, and no sequence.
    case soldOut, reopened, closed

    /// The event that it is; nil: none.
    var event: EventType? {
        switch self {
        case .sold, .confirmed, .paid: .sold
        case .reserved: .reserved
        case .refused: .rejected
        case .expired: .expired
        case .left, .leftQueue: .cancelled
        case .inDoubt: .inDoubt
        case .refundDue: .refundDue
        case .returned, .refunded: .refunded
        case .soldOut: .itemSoldOut
        case .reopened: .itemReopened
        case .closed: .itemClosed
        case .taken, .revived: nil
        }
    }
}
