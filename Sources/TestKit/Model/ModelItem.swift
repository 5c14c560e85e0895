public import Domain

// DESIGN
// The rules of one item once more, as plainly as they can be said: every purchase has its own outcome, there is no
// chunk, watermark, index or counter to keep in step. Tests run the scripts and this side by side; simulations can use
// it as the store. Slow on purpose: the end of an item touches everybody who waits.

/// What an item must do, as a value: each method is one script, applied to one purchase after the other.
public struct ModelItem: Sendable {
    public struct Settings: Sendable, Equatable {
        public var queueLimit: Int64
        public var isQueueLimitChosen = false
        public var perUserLimit: Int64 = 1  // 0: none
        public var perUserUnits: Int64 = 0  // 0: none
        public var closesOnSoldOut = false
        public var isPaused = false
        public var isHolding = false
        public var isClosed = false
        public var isScheduled = false  // opens later
        public var isFrozen = false
    }

    public enum Outcome: Sendable, Equatable {
        case waiting, processing, sold, rejected, cancelled, insufficientStock, soldOut, inDoubt
        /// Left out after a restart of the store: nobody has it.
        case skipped

        /// The byte in the store; a sold-out purchase has none, the watermark says so.
        public var byte: ResultByte {
            switch self {
            case .waiting, .soldOut, .skipped: .undecided
            case .processing: .processing
            case .sold: .sold
            case .rejected: .rejected
            case .cancelled: .cancelled
            case .insufficientStock: .insufficientStock
            case .inDoubt: .inDoubt
            }
        }

        /// Whether it holds a unit, or may still get one.
        public var counts: Bool {
            switch self {
            case .waiting, .processing, .sold, .inDoubt: true
            case .rejected, .cancelled, .insufficientStock, .soldOut, .skipped: false
            }
        }
    }

    public struct Purchase: Sendable, Equatable {
        public var sequence: Int64
        public var user: String
        public var key: UInt64
        public var quantity: Int64
        public var outcome = Outcome.waiting
        /// Dropped from its user's records, which are eight at most: it counts no more, and its key is free.
        public var isForgotten = false
    }

    public var settings: Settings
    public var free: Int64
    public var held: Int64 = 0
    public var inDoubt: Int64 = 0
    public var sold: Int64 = 0
    public var hasEnded = false
    public var endedAt: Int64
    /// Every purchase, in order of sequence.
    public var purchases: [Purchase] = []
    private var sequencesOf: [String: [Int64]] = [:]
    /// Sequences in the order in which they were first taken.
    public internal(set) var winners: [Int64] = []
    /// Sequences that wait, in order.
    public var line: [Int64] = []
    /// Attempts under way, by worker and sequence.
    public var flights: [String: [Int64: Int64]] = [:]
    /// Sequences of lost workers, with the attempts used up.
    public var redo: [Int64: Int64] = [:]
    /// Sequences in doubt because the sink never answered, with the attempts used up; those of lost workers aside.
    public var silent: [Int64: Int64] = [:]
    /// The same for sequences whose workers were lost too often.
    public var doubtful: [Int64: Int64] = [:]
    /// How many workers were lost while they held a sequence.
    public var losses: [Int64: Int64] = [:]
    /// References and reasons, by sequence.
    public var notes: [Int64: String] = [:]
    /// The attempt that may settle a sequence whose worker was lost.
    public var fences: [Int64: Int64] = [:]
    private let base: Int64

    /// - Parameter base: the last sequence given before; all up to it are sold out.
    public init(stock: Int64, base: Int64 = 0) {
        settings = Settings(queueLimit: max(1, stock * 3))
        free = stock
        endedAt = base
        self.base = base
        endIfDone()
    }

    public var tail: Int64 { base + Int64(purchases.count) }
    public var total: Int64 { free + held + sold }

    public subscript(sequence: Int64) -> Purchase {
        get { purchases[Int(sequence - base) - 1] }
        set { purchases[Int(sequence - base) - 1] = newValue }
    }

    /// All that a user ever bought here, in order.
    func purchases(of user: String) -> [Purchase] { (sequencesOf[user] ?? []).map { self[$0] } }

    /// A purchase gets the next sequence.
    mutating func append(_ purchase: Purchase) {
        purchases.append(purchase)
        if !purchase.user.isEmpty { sequencesOf[purchase.user, default: []].append(purchase.sequence) }
    }

    public func has(_ sequence: Int64) -> Bool { sequence > base && sequence <= tail }

    /// Ends everybody who waits, when nothing is left and nothing can come back.
    mutating func endIfDone() {
        guard !hasEnded, free == 0, settings.closesOnSoldOut || held == inDoubt else { return }
        hasEnded = true
        endedAt = tail
        for sequence in line { self[sequence].outcome = .soldOut }
        line.removeAll()
    }
}
