// DESIGN
// Five million purchases must fit into memory and be judged as they come, so nothing here is an object: a user is a row
// over five arrays (19 bytes), a sequence is a bit. Tickets are remembered as 64-bit hashes; two of five million differ
// in the hash but for one chance in a million, and a doubled one is found when all are sorted at the end.

/// What all buyers were answered in a sale, and which promises that breaks.
public struct SaleLedger: Sendable {
    public enum Outcome: UInt8, Sendable {
        case none, waiting, sold, soldOut, cancelled, otherwise
    }

    public struct Item: Sendable {
        public let name: String
        public let stock: Int64
        public internal(set) var accepted: Int64 = 0
        public internal(set) var sold: Int64 = 0
        public internal(set) var highestGiven: UInt32 = 0
        public internal(set) var highestWinner: UInt32 = 0
        public internal(set) var lowestLoser = UInt32.max
        public internal(set) var sawSoldOut = false
        var given: [UInt64] = []  // a bit a sequence

        init(_ name: String, stock: Int64) {
            self.name = name
            self.stock = stock
        }

        /// False when somebody was given `sequence` before.
        mutating func take(_ sequence: UInt32) -> Bool {
            let (word, bit) = (Int(sequence >> 6), UInt64(1) << UInt64(sequence & 63))
            while given.count <= word { given.append(contentsOf: repeatElement(0, count: max(64, given.count))) }
            defer { given[word] |= bit }
            return given[word] & bit == 0
        }
    }

    public private(set) var items: [Item]
    private let stem: String
    private var tickets: [UInt64] = []  // hashes; 0 while there is none
    private var sequences: [UInt32] = []
    private var homes: [UInt16] = []  // items
    private var outcomes: [UInt8] = []
    private var finalTimes: [UInt32] = []  // milliseconds since the start of the clock given
    private var breaches = BreachLog()

    public private(set) var accepted: Int64 = 0  // users with a place
    public private(set) var sold: Int64 = 0
    public private(set) var soldOut: Int64 = 0
    public private(set) var cancelled: Int64 = 0
    public private(set) var otherwise: Int64 = 0
    public private(set) var replays: Int64 = 0

    /// - Parameter stem: what user names begin with, for the examples.
    public init(items: [(name: String, stock: Int64)], stem: String) {
        self.items = items.map { Item($0.name, stock: $0.stock) }
        self.stem = stem
    }

    /// Users with a place and no final answer.
    public var waiting: Int64 { accepted - sold - soldOut - cancelled - otherwise }
    public var userCount: Int { homes.count }
    /// In the order of `Breach`; empty when every promise was kept.
    public var reports: [BreachReport] { breaches.reports }
    public var breachCount: Int64 { breaches.count }

    /// Makes a new user who will ask for `item`.
    public mutating func newcomer(item: Int) -> UInt32 {
        tickets.append(0)
        sequences.append(0)
        homes.append(UInt16(item))
        outcomes.append(Outcome.none.rawValue)
        finalTimes.append(0)
        return UInt32(homes.count - 1)
    }

    public func home(of user: UInt32) -> Int { Int(homes[Int(user)]) }
    public func sequence(of user: UInt32) -> UInt32 { sequences[Int(user)] }
    public func outcome(of user: UInt32) -> Outcome {
        Outcome(rawValue: outcomes[Int(user)] & ~Self.wasNew) ?? .none
    }
    public func hasPlace(_ user: UInt32) -> Bool { outcome(of: user) != .none }
    public func isFinal(_ user: UInt32) -> Bool { outcome(of: user).rawValue > Outcome.waiting.rawValue }

    /// Whether the final answer to `user` has been known for longer than a process may lag behind another.
    public func isLongFinal(_ user: UInt32, now: Nanoseconds) -> Bool {
        isFinal(user) && now.wholeMilliseconds - Int64(finalTimes[Int(user)]) > Self.lag
    }

    /// A non-final answer may be this old, says the contract: milliseconds.
    private static let lag: Int64 = 100
    /// Beside the outcome: the user got a 202.
    private static let wasNew: UInt8 = 0x80

    public mutating func object(_ breach: Breach, _ user: UInt32?, _ what: @autoclosure () -> String) {
        let stem = stem
        breaches.note(breach, user: user.map { "\(stem)\($0)" }, what())
    }

    /// Notes the answer to a purchase that gave, or found again, a place.
    ///
    /// - Parameters:
    ///   - isNew: 202, otherwise 200.
    ///   - comesAfter: the highest sequence of the item that was known when the purchase first left.
    public mutating func given(
        _ user: UInt32, ticket: UInt64, sequence: Int64, isNew: Bool, comesAfter: UInt32
    ) {
        let index = Int(user)
        guard let sequence = UInt32(exactly: sequence) else {
            return object(.contract, user, "sequence \(sequence)")
        }
        if !isNew { replays += 1 }
        // Of two purchases that are under way together, the 200 may be read before the 202.
        let isSecond = isNew && outcomes[index] & Self.wasNew != 0
        if isNew { outcomes[index] |= Self.wasNew }
        guard !hasPlace(user) else {
            if isSecond { object(.secondPlace, user, "202 twice, now with sequence \(sequence)") }
            if tickets[index] != ticket { object(.secondPlace, user, "another ticket, with sequence \(sequence)") }
            let before = sequences[index]
            if before != sequence { object(.placeChanged, user, "had sequence \(before), now \(sequence)") }
            return
        }
        tickets[index] = ticket
        sequences[index] = sequence
        outcomes[index] |= Outcome.waiting.rawValue
        accepted += 1
        let home = Int(homes[index])
        items[home].accepted += 1
        if !items[home].take(sequence) { object(.sharedPlace, user, "sequence \(sequence) is another's too") }
        if sequence <= comesAfter { object(.orderBroken, user, "came after \(comesAfter), got \(sequence)") }
        items[home].highestGiven = max(items[home].highestGiven, sequence)
    }

    /// Notes what a poll of a ticket showed.
    ///
    /// - Parameters:
    ///   - knewFinal: whether the final answer was long known when this poll left.
    ///   - now: since the start of the test.
    /// - Returns: whether the first final answer to this user has just come.
    public mutating func seen(
        _ user: UInt32, _ state: TicketState, sequence: Int64, knewFinal: Bool, now: Nanoseconds
    ) -> Bool {
        let index = Int(user)
        let before = sequences[index]
        if Int64(before) != sequence { object(.placeChanged, user, "had sequence \(before), now \(sequence)") }
        guard state.isFinal else {
            if knewFinal { object(.finalChanged, user, "was final, now \(state.rawValue)") }
            return false
        }
        let outcome = Self.outcome(state)
        guard !isFinal(user) else {
            if self.outcome(of: user) != outcome { object(.finalChanged, user, "now \(state.rawValue)") }
            return false
        }
        outcomes[index] = outcomes[index] & Self.wasNew | outcome.rawValue
        finalTimes[index] = UInt32(clamping: now.wholeMilliseconds)
        count(outcome, user)
        return true
    }

    /// Notes that a user was answered that it is over.
    ///
    /// - Parameter hadPlace: whether the user had a place when the purchase left.
    public mutating func turnedAway(_ user: UInt32, isSoldOut: Bool, hadPlace: Bool) {
        let sequence = sequences[Int(user)]
        if hadPlace { object(.holderRefused, user, "has sequence \(sequence), told it is over") }
        if isSoldOut { items[Int(homes[Int(user)])].sawSoldOut = true }
    }

    private mutating func count(_ outcome: Outcome, _ user: UInt32) {
        let (home, sequence) = (Int(homes[Int(user)]), sequences[Int(user)])
        switch outcome {
        case .sold:
            sold += 1
            items[home].sold += 1
            let item = items[home]
            if item.sold > item.stock { object(.oversold, user, "unit \(item.sold) of \(item.stock)") }
            if sequence > item.lowestLoser {
                object(.orderBroken, user, "sequence \(sequence) won, \(item.lowestLoser) did not")
            }
            items[home].highestWinner = max(item.highestWinner, sequence)
        case .soldOut:
            soldOut += 1
            let item = items[home]
            if sequence < item.highestWinner {
                object(.orderBroken, user, "sequence \(sequence) did not win, \(item.highestWinner) did")
            }
            items[home].lowestLoser = min(item.lowestLoser, sequence)
            items[home].sawSoldOut = true
        case .cancelled: cancelled += 1
        case .none, .waiting, .otherwise: otherwise += 1
        }
    }

    /// Adds what only the end can show.
    ///
    /// - Parameters:
    ///   - after: the items as they are now, nil where one could not be read.
    ///   - unsure: purchases whose answer was lost for good: they may have been sold unseen.
    ///   - isCut: the test was ended before its time, so who still waits is no breach.
    public mutating func judge(after: [ItemBody?], unsure: Int64, isCut: Bool) {
        let unanswered = waiting
        if unanswered > 0, !isCut {
            object(.noFinalAnswer, nil, "\(unanswered) accepted purchases without a final answer")
        }
        let sorted = tickets.filter { $0 != 0 }.sorted()
        let doubled = zip(sorted, sorted.dropFirst()).count { $0 == $1 }
        if doubled > 0 { object(.sharedPlace, nil, "\(doubled) tickets are two users'") }
        for (item, body) in zip(items, after) {
            guard let body else {
                object(.itemDisagrees, nil, "\(item.name) could not be read at the end")
                continue
            }
            if body.sold > body.stockTotal || body.stockLeft < 0 {
                object(.oversold, nil, "\(item.name): \(body.sold) sold of \(body.stockTotal)")
            }
            if body.sold + body.held + body.stockLeft != body.stockTotal {
                object(
                    .itemDisagrees, nil,
                    "\(item.name): \(body.sold) sold + \(body.held) held + \(body.stockLeft) left is not"
                        + " \(body.stockTotal)")
            }
            // A user without a final answer may have been sold a unit.
            if body.sold < item.sold || body.sold > item.sold + unanswered + unsure {
                object(.itemDisagrees, nil, "\(item.name) says \(body.sold) sold, buyers say \(item.sold)")
            }
            if item.sawSoldOut, body.stockLeft > 0 {
                object(.unsold, nil, "\(item.name): \(body.stockLeft) left, though buyers were told it is sold out")
            }
        }
    }

    private static func outcome(_ state: TicketState) -> Outcome {
        switch state {
        case .sold: .sold
        case .soldOut: .soldOut
        case .cancelled: .cancelled
        case .queued, .processing, .reserved, .inDoubt, .rejected, .expired: .otherwise
        }
    }
}
