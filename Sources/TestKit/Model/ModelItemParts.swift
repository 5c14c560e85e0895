public import Domain
import Store

// What an item is made of.
extension ModelItem {
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
        public var payWindow: Int64 = 0  // milliseconds, here and below
        public var payGrace: Int64 = 0
        public var paySpread: Int64 = 0
    }

    public struct Deduction: Sendable {
        public let stop: DeductStop
        public let winners: Int64
        public let taken: Attempts  // with a sink: those now in flight
        public let areSuspects: Bool

        static func none(_ stop: DeductStop) -> Deduction {
            Deduction(stop: stop, winners: 0, taken: [:], areSuspects: false)
        }
    }

    public enum Outcome: Sendable, Equatable {
        case waiting, processing, reserved, sold, rejected, expired, cancelled, insufficientStock, soldOut, inDoubt
        /// Left out after a restart of the store: no buyer has it.
        case skipped

        /// The byte in the store; a sold-out purchase has none, the watermark shows it.
        public var byte: ResultByte {
            switch self {
            case .waiting, .soldOut, .skipped: .undecided
            case .processing: .processing
            case .reserved: .reserved
            case .expired: .expired
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
            case .waiting, .processing, .reserved, .sold, .inDoubt: true
            case .rejected, .expired, .cancelled, .insufficientStock, .soldOut, .skipped: false
            }
        }

        public var isFinal: Bool { !counts || self == .sold }
    }

    public struct Purchase: Sendable, Equatable {
        public let sequence: Int64
        public let user: String
        public let key: UInt64
        public let quantity: Int64
        public fileprivate(set) var outcome = Outcome.waiting
        /// Dropped from its user's records, which are eight at most: it counts no more, and its key is free.
        fileprivate var isForgotten = false
        /// It was sold and paid back, and its units were returned.
        public fileprivate(set) var isReturned = false

        /// Whether it counts for the limits of its user.
        public var counts: Bool { outcome.counts && !isReturned }
    }

    /// All purchases, in order of sequence.
    public struct Purchases: Sendable {
        private let base: Int64
        public private(set) var all: [Purchase] = []
        private var sequencesOf: [String: [Int64]] = [:]

        /// - Parameter base: the last sequence given before.
        init(base: Int64) { self.base = base }

        public var tail: Int64 { base + Int64(all.count) }
        public func has(_ sequence: Int64) -> Bool { sequence > base && sequence <= tail }
        public subscript(sequence: Int64) -> Purchase { all[index(sequence)] }
        private func index(_ sequence: Int64) -> Int { Int(sequence - base) - 1 }

        /// What the store remembers that a user bought, in order.
        func of(_ user: String) -> [Purchase] { (sequencesOf[user] ?? []).map { self[$0] }.filter { !$0.isForgotten } }

        /// A purchase gets the next sequence.
        mutating func append(user: String, key: UInt64, quantity: Int64) -> Purchase {
            all.append(Purchase(sequence: tail + 1, user: user, key: key, quantity: quantity))
            sequencesOf[user, default: []].append(tail)
            return all[all.count - 1]
        }

        mutating func skip(_ count: Int64) {
            for _ in 0..<max(0, count) {
                all.append(Purchase(sequence: tail + 1, user: "", key: 0, quantity: 1, outcome: .skipped))
            }
        }

        mutating func decide(_ sequence: Int64, _ outcome: Outcome) {
            precondition(!self[sequence].outcome.isFinal, "a final outcome changes")
            all[index(sequence)].outcome = outcome
        }

        mutating func refunded(_ sequence: Int64) { all[index(sequence)].isReturned = true }
        mutating func forget(_ sequence: Int64) { all[index(sequence)].isForgotten = true }
    }

    /// Units; only `add` changes how many there are in all.
    public struct Units: Sendable, Equatable {
        public private(set) var free: Int64
        public private(set) var held: Int64 = 0
        public private(set) var inDoubt: Int64 = 0  // of those held
        public private(set) var sold: Int64 = 0

        init(free: Int64) { self.free = free }

        public var total: Int64 { free + held + sold }

        mutating func add(_ count: Int64) { change(free: count) }
        mutating func hold(_ count: Int64) { change(free: -count, held: count) }
        mutating func giveBack(_ count: Int64) { change(free: count, held: -count) }
        mutating func takeBack(_ count: Int64) { change(free: count, sold: -count) }
        mutating func sell(_ count: Int64) { change(held: -count, sold: count) }
        /// So many more of those held are in doubt, or fewer.
        mutating func doubt(_ count: Int64) { change(inDoubt: count) }

        private mutating func change(free: Int64 = 0, held: Int64 = 0, inDoubt: Int64 = 0, sold: Int64 = 0) {
            self.free += free
            self.held += held
            self.inDoubt += inDoubt
            self.sold += sold
            precondition(self.free >= 0 && 0 <= self.inDoubt && self.inDoubt <= self.held, "units are missing")
        }
    }

    /// Purchases in doubt, with the attempts used up.
    struct Doubts: Sendable {
        var unanswered: Attempts = [:]  // without an answer of the sink
        var poisoned: Attempts = [:]  // their workers were lost too often

        func all(includesLost: Bool) -> Attempts { unanswered.merging(includesLost ? poisoned : [:]) { $1 } }

        mutating func remove(_ sequence: Int64) -> Int64? {
            unanswered.removeValue(forKey: sequence) ?? poisoned.removeValue(forKey: sequence)
        }
    }

    /// The number of an attempt distinguishes it, and counts nothing.
    static func attempt(after used: Int64) -> Int64 { used % 255 + 1 }

    /// Of a purchase that is not in doubt.
    func resolution(_ sequence: Int64, isConfirmed: Bool) -> Store.Resolution {
        guard purchases.has(sequence), purchases[sequence].outcome != .skipped else {
            return sequence > tail || purchases.has(sequence) ? .unknown : .notInDoubt
        }
        switch purchases[sequence].outcome {
        case .processing: return .inProgress
        case .sold, .reserved: return isConfirmed ? .before : .notInDoubt
        case .rejected: return isConfirmed ? .notInDoubt : .before
        default: return .notInDoubt
        }
    }

    /// Why a newcomer is refused.
    var refusal: Admission.Outcome? {
        if settings.isFrozen { return .frozen }
        if settings.isClosed { return .closed }
        if settings.isScheduled { return .notOpen }
        if hasEnded { return .soldOut }
        if settings.isPaused { return .paused }
        return line.count >= settings.queueLimit ? .queueFull : nil
    }

    /// Why a deduction ended.
    func stop(_ isHeadWaiting: Bool) -> DeductStop {
        if redo.isEmpty {
            if hasEnded { return .itemEnded }
            if line.isEmpty { return .queueEmpty }
            if units.free == 0 { return .headWaits }
        }
        return isHeadWaiting ? .headWaits : .limitReached
    }
}
