package import Domain

// DESIGN
// The rules of one item once more, as plainly as they can be said: every purchase has its own outcome, there is no
// chunk, watermark, index or counter to keep in step. Tests run the scripts and this side by side; simulations can use
// it as the store. Slow on purpose: the end of an item touches everybody who waits.

/// What an item must do, as a value: each method is one script, applied to one purchase after the other.
package struct ModelItem: Sendable {
    package struct Settings: Sendable, Equatable {
        package var queueLimit: Int64
        package var perUserLimit: Int64 = 1  // 0: none
        package var perUserUnits: Int64 = 0  // 0: none
        package var closesOnSoldOut = false
        package var isPaused = false
        package var isClosed = false
        package var isScheduled = false  // opens later
        package var isFrozen = false
    }

    package enum Outcome: Sendable, Equatable {
        case waiting, processing, sold, rejected, cancelled, insufficientStock, soldOut, inDoubt

        /// The byte in the store; a sold-out purchase has none, the watermark says so.
        package var byte: ResultByte {
            switch self {
            case .waiting, .soldOut: .undecided
            case .processing: .processing
            case .sold: .sold
            case .rejected: .rejected
            case .cancelled: .cancelled
            case .insufficientStock: .insufficientStock
            case .inDoubt: .inDoubt
            }
        }

        /// Whether it holds a unit, or may still get one.
        package var counts: Bool {
            switch self {
            case .waiting, .processing, .sold, .inDoubt: true
            case .rejected, .cancelled, .insufficientStock, .soldOut: false
            }
        }
    }

    package struct Purchase: Sendable, Equatable {
        package var sequence: Int64
        package var user: String
        package var key: UInt64
        package var quantity: Int64
        package var outcome = Outcome.waiting
    }

    package var settings: Settings
    package var free: Int64
    package var held: Int64 = 0
    package var inDoubt: Int64 = 0
    package var sold: Int64 = 0
    package var hasEnded = false
    package var endedAt: Int64
    /// Every purchase, in order of sequence.
    package var purchases: [Purchase] = []
    /// Sequences that wait, in order.
    package var line: [Int64] = []
    /// Attempts under way, by worker and sequence.
    package var flights: [String: [Int64: Int64]] = [:]
    /// Sequences of lost workers, with the attempts used up.
    package var redo: [Int64: Int64] = [:]
    /// The attempt that may settle a sequence whose worker was lost.
    package var fences: [Int64: Int64] = [:]
    private let base: Int64

    /// - Parameter base: the last sequence given before; all up to it are sold out.
    package init(stock: Int64, base: Int64 = 0) {
        settings = Settings(queueLimit: max(1, stock * 3))
        free = stock
        endedAt = base
        self.base = base
        endIfDone()
    }

    package var tail: Int64 { base + Int64(purchases.count) }
    package var total: Int64 { free + held + sold }

    package subscript(sequence: Int64) -> Purchase {
        get { purchases[Int(sequence - base) - 1] }
        set { purchases[Int(sequence - base) - 1] = newValue }
    }

    package func has(_ sequence: Int64) -> Bool { sequence > base && sequence <= tail }

    /// Ends everybody who waits, when nothing is left and nothing can come back.
    mutating func endIfDone() {
        guard !hasEnded, free == 0, settings.closesOnSoldOut || held == inDoubt else { return }
        hasEnded = true
        endedAt = tail
        for sequence in line { self[sequence].outcome = .soldOut }
        line.removeAll()
    }
}
