/// The result of one sequence, as one byte of the item's results.
///
/// The store keeps these bytes, and `ResultBlocks` keeps them unchanged: a queue process remembers millions.
public enum ResultByte: UInt8, Sendable {
    case undecided = 0
    case sold = 1
    case processing = 2
    case reserved = 3
    case rejected = 4
    case expired = 5
    case cancelled = 6
    case insufficientStock = 7
    case inDoubt = 8
    case lost = 9

    /// A final byte is never overwritten, so it may be remembered for as long as the item exists.
    public var isFinal: Bool {
        switch self {
        case .sold, .rejected, .expired, .cancelled, .insufficientStock, .lost: true
        case .undecided, .processing, .reserved, .inDoubt: false
        }
    }
}
