/// All buyers of a load test: what each asks next, what each was told, and the ledger that judges it.
///
/// Pure: time and answers come in, the next request and its time go out.
public struct BuyerPopulation: Sendable {
    public static let knownTickets = 4_096

    struct Buyer: Sendable {
        let user: UInt32
        let arrivedAt: Nanoseconds
        var comesAfter: UInt32 = 0
        var retriesLeft: UInt8
        var leaves: Bool
        let isBot: Bool
        var hasAsked = false
        /// An answer to the purchase was lost: it may have been done.
        var isUnsure = false
        /// The shelf holds its ticket; before, what lies there is of whoever had the row before.
        var hasTicket = false
    }

    /// What is to be asked, and when.
    public struct Next: Sendable, Equatable {
        public let asking: Asking
        public let time: Nanoseconds

        public init(_ asking: Asking, at time: Nanoseconds) {
            self.asking = asking
            self.time = time
        }
    }

    public internal(set) var ledger: SaleLedger
    public var meters: Meters
    let pages: RequestPages
    var buyers: [Buyer] = []
    var shelf = TicketCache()
    /// Bots go on until it is set.
    public var isClosing = false
    /// Buyers whose purchase may have been done unseen.
    public internal(set) var unsure: Int64 = 0
    private var freeRows: [Int32] = []
    private var recent: [UInt32] = []  // users
    private var recentShelf = TicketCache()
    private var recentCount = 0
    private let retries: UInt8
    let start: Nanoseconds

    /// - Parameter start: when the test begins.
    public init(_ scenario: Scenario, ledger: SaleLedger, pages: RequestPages, start: Nanoseconds) {
        self.ledger = ledger
        self.pages = pages
        self.start = start
        meters = Meters(start: start)
        retries = UInt8(clamping: scenario.users.retries)
    }

    /// Buyers who are neither told nor have given up; bots too.
    public var live: Int { buyers.count - freeRows.count }
    public var knownTicketCount: Int { recent.count }

    /// Lets somebody in who wants `wish`.
    ///
    /// - Parameter pick: a number in 0..<its argument.
    public mutating func arrives(_ wish: Crowd.Wish, due: Nanoseconds, pick: (Int) -> Int) -> Asking {
        meters.arrivals += 1
        meters.timeline.note(due) { $0.arrivals += 1 }
        switch wish {
        case .view(let item): return Asking(.view, item)
        case .poll: return recent.isEmpty ? Asking(.view, 0) : Asking(.look, pick(recent.count))
        case .purchase(let item, let isRepeat, let leaves):
            let known = ledger.userCount
            let isAgain = isRepeat && known > 0
            let user =
                isAgain ? UInt32(known - 1 - pick(min(known, Self.knownTickets))) : ledger.newcomer(item: item)
            var buyer = Buyer(user: user, arrivedAt: due, retriesLeft: retries, leaves: leaves, isBot: false)
            // The place may be that of the user's first purchase: only that one says after whom the user came.
            buyer.hasAsked = isAgain
            return Asking(.purchase, seat(buyer))
        }
    }

    /// Lets a bot in, who asks for `item` again and again.
    public mutating func botArrives(item: Int, due: Nanoseconds) -> Asking {
        let user = ledger.newcomer(item: item)
        let bot = Buyer(user: user, arrivedAt: due, retriesLeft: 0, leaves: false, isBot: true)
        return Asking(.purchase, seat(bot))
    }

    /// A look at each ticket that is still known, to see that what was final stays so.
    public func reviews() -> [Asking] { recent.indices.map { Asking(.look, $0) } }

    /// A poll for each buyer with a place and no final answer, some of whom were told to come back later than now.
    public func stragglers() -> [Asking] {
        seatedRows.filter { buyers[$0].hasTicket && !ledger.isFinal(buyers[$0].user) }
            .map { Asking(.poll, $0) }
    }

    private var seatedRows: [Int] {
        var isFree = [Bool](repeating: false, count: buyers.count)
        for row in freeRows { isFree[Int(row)] = true }
        return buyers.indices.filter { !isFree[$0] }
    }

    /// Judges the sale; see `SaleLedger.judge`.
    public mutating func judge(after: [ItemBody?], isCut: Bool) {
        let seated = seatedRows.count { buyers[$0].isUnsure && !ledger.hasPlace(buyers[$0].user) }
        ledger.judge(after: after, unsure: unsure + Int64(seated), isCut: isCut)
    }

    /// Writes the request that is about to leave and notes what is known at this moment.
    public mutating func compose(_ asking: inout Asking, into bytes: inout [UInt8], now: Nanoseconds) {
        switch asking.kind {
        case .view: pages.view(item: asking.number, into: &bytes)
        case .look:
            asking.user = recent[asking.number]
            asking.knewFinal = ledger.isLongFinal(asking.user, now: now - start)
            pages.poll(asking.number, of: recentShelf, into: &bytes)
        case .purchase:
            let row = asking.number
            let user = buyers[row].user
            let home = ledger.home(of: user)
            asking.knewPlace = ledger.hasPlace(user)
            asking.knewFinal = ledger.isLongFinal(user, now: now - start)
            if !buyers[row].hasAsked {
                buyers[row].hasAsked = true
                buyers[row].comesAfter = ledger.items[home].highestGiven
            }
            pages.purchase(item: home, user: user, into: &bytes)
        case .poll:
            asking.knewFinal = ledger.isLongFinal(buyers[asking.number].user, now: now - start)
            pages.poll(asking.number, of: shelf, into: &bytes)
        case .leave: pages.leave(asking.number, of: shelf, into: &bytes)
        }
    }

    /// Keeps a ticket among those that anybody may look at, in place of the oldest.
    mutating func remember(_ user: UInt32, _ body: Span<UInt8>, _ ticket: Range<Int>) {
        let row = recentCount % Self.knownTickets
        recentCount += 1
        guard recentShelf.put(body, ticket, at: row) else { return }
        if row == recent.count { recent.append(user) } else { recent[row] = user }
    }

    /// Ends the part of the buyer in `row`.
    mutating func unseat(_ row: Int) {
        if buyers[row].isUnsure, !ledger.hasPlace(buyers[row].user) { unsure += 1 }
        freeRows.append(Int32(row))
    }

    private mutating func seat(_ buyer: Buyer) -> Int {
        if let row = freeRows.popLast() {
            buyers[Int(row)] = buyer
            return Int(row)
        }
        buyers.append(buyer)
        return buyers.count - 1
    }
}
