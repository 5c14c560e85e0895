/// Watches a sale as its buyers see it: counts, measures, and holds every promise against what happens.
///
/// Everything that can be judged at once is judged at once, in O(1); `judge` adds what only the end can show.
public struct Referee: Sendable {
    public struct Counts: Sendable, Equatable {
        public internal(set) var accepted: Int64 = 0  // buyers with a ticket
        public internal(set) var sold: Int64 = 0
        public internal(set) var lost: Int64 = 0  // tickets that ended sold_out
        public internal(set) var otherwise: Int64 = 0  // tickets that ended rejected, expired or cancelled
        public internal(set) var turnedAway: Int64 = 0  // buyers without a ticket who were answered that it is over
        public internal(set) var putOff: Int64 = 0  // answers "come back later"

        public var finalAnswers: Int64 { sold + lost + otherwise + turnedAway }
        public var waiting: Int64 { accepted - sold - lost - otherwise }
    }

    public let item: String
    private let crowd: String
    private let stockLeft: Int64
    private var holders: [String: Int] = [:]
    private var places: [Int64: Int] = [:]
    private var breaches = BreachLog()
    private var sawSoldOut = false

    public private(set) var counts = Counts()
    /// The highest sequence that any buyer was given; 0 before the first.
    public private(set) var highestGiven: Int64 = 0
    public private(set) var highestWinner: Int64?
    public private(set) var lowestLoser: Int64?
    /// From the press to the final answer.
    public private(set) var waits = Histogram()
    /// The same of winners alone.
    public private(set) var winnersWaits = Histogram()
    /// From the press to the first answer of any kind.
    public private(set) var firstAnswers = Histogram()

    /// - Parameters:
    ///   - crowd: what all user names of this run begin with.
    ///   - stockLeft: units on sale when the run begins.
    public init(item: String, crowd: String, stockLeft: Int64) {
        self.item = item
        self.crowd = crowd
        self.stockLeft = stockLeft
    }

    public func user(_ number: Int) -> String { "\(crowd)-\(number)" }

    /// In the order of `Breach`; empty when every promise was kept.
    public var reports: [BreachReport] { breaches.reports }
    public var breachCount: Int64 { breaches.count }
    public func count(of breach: Breach) -> Int64 { breaches.count(of: breach) }

    /// Notes a broken promise; `buyer` nil where it is no buyer's own.
    public mutating func object(_ breach: Breach, _ buyer: Int?, _ what: String) {
        let name = buyer.map(user)
        breaches.note(breach, user: name, what)
    }

    // MARK: What buyers report

    mutating func answered(after wait: Nanoseconds) { firstAnswers.record(wait) }

    mutating func putOff() { counts.putOff += 1 }

    mutating func turnedAway(after wait: Nanoseconds, isSoldOut: Bool) {
        counts.turnedAway += 1
        sawSoldOut = sawSoldOut || isSoldOut
        waits.record(wait)
    }

    /// Notes the first ticket of a buyer.
    mutating func admitted(_ buyer: Int, _ body: TicketBody) {
        counts.accepted += 1
        highestGiven = max(highestGiven, body.sequence)
        if let other = holders.updateValue(buyer, forKey: body.ticket) {
            object(.sharedPlace, buyer, "ticket \(body.ticket) is \(user(other))'s too")
        }
        if let other = places.updateValue(buyer, forKey: body.sequence) {
            object(.sharedPlace, buyer, "sequence \(body.sequence) is \(user(other))'s too")
        }
    }

    /// Notes the first final answer to a ticket; `isNew` unless the buyer was turned away before.
    mutating func ended(_ buyer: Int, _ body: TicketBody, after wait: Nanoseconds, isNew: Bool) {
        if isNew { waits.record(wait) }
        switch body.state {
        case .sold:
            counts.sold += 1
            winnersWaits.record(wait)
            highestWinner = max(highestWinner ?? 0, body.sequence)
            if counts.sold > stockLeft { object(.oversold, buyer, "unit \(counts.sold) of \(stockLeft)") }
            if let lowestLoser, body.sequence > lowestLoser {
                object(.orderBroken, buyer, "sequence \(body.sequence) won, \(lowestLoser) did not")
            }
        case .soldOut:
            counts.lost += 1
            sawSoldOut = true
            lowestLoser = min(lowestLoser ?? .max, body.sequence)
            if let highestWinner, body.sequence < highestWinner {
                object(.orderBroken, buyer, "sequence \(body.sequence) did not win, \(highestWinner) did")
            }
        default: counts.otherwise += 1
        }
    }

    // MARK: The end

    /// Adds what only the end can show.
    ///
    /// - Parameters:
    ///   - before: the item before the first press.
    ///   - after: the item after the last answer, nil when it could not be read.
    public mutating func judge(_ buyers: [Buyer], before: ItemBody, after: ItemBody?) {
        for buyer in buyers {
            if let ticket = buyer.ticket, buyer.final == nil {
                object(.noFinalAnswer, buyer.number, "still waits with \(ticket), sequence \(buyer.sequence ?? 0)")
            } else if !buyer.wasAnswered {
                object(.unanswered, buyer.number, "never got an answer")
            } else if buyer.final != nil, !buyer.isReviewed {
                object(.unanswered, buyer.number, "could not read the final answer again")
            }
        }
        guard let after else { return object(.itemDisagrees, nil, "the item could not be read at the end") }
        if after.sold > after.stockTotal || after.stockLeft < 0 {
            object(.oversold, nil, "the item says \(after.sold) sold of \(after.stockTotal), \(after.stockLeft) left")
        }
        if after.sold + after.held + after.stockLeft != after.stockTotal {
            object(
                .itemDisagrees, nil,
                "\(after.sold) sold + \(after.held) held + \(after.stockLeft) left is not \(after.stockTotal)")
        }
        if after.sold - before.sold != counts.sold {
            object(.itemDisagrees, nil, "the item says \(after.sold - before.sold) sold, buyers say \(counts.sold)")
        }
        if sawSoldOut, after.stockLeft > 0 {
            object(.unsold, nil, "\(after.stockLeft) left after buyers were told it is sold out")
        }
    }
}
