/// The buyers of a load test who are not done, bots among them; a row is used again once its buyer is done.
struct BuyerTable: Sendable {
    struct Buyer: Sendable {
        let user: UInt32
        let arrivedAt: Nanoseconds
        var retriesLeft: UInt8
        var leaves = false
        var isBot = false
        var comesAfter: UInt32 = 0
        var hasAsked = false
        /// An answer to the purchase was lost: it may have been done.
        var isUnsure = false
        /// The table holds its ticket; before, what lies there is of whoever had the row before.
        var hasTicket = false
    }

    private var buyers: [Buyer] = []
    private var freeRows: [Int32] = []
    private(set) var tickets = TicketCache()

    var count: Int { buyers.count - freeRows.count }
    subscript(row: Int) -> Buyer {
        get { buyers[row] }
        set { buyers[row] = newValue }
    }

    /// The row of a new buyer.
    mutating func add(_ buyer: Buyer) -> Int {
        if let row = freeRows.popLast() {
            buyers[Int(row)] = buyer
            return Int(row)
        }
        buyers.append(buyer)
        return buyers.count - 1
    }

    mutating func remove(_ row: Int) { freeRows.append(Int32(row)) }

    /// False for a ticket that is too long to be kept.
    mutating func note(_ body: Span<UInt8>, _ ticket: Range<Int>, of row: Int) -> Bool {
        buyers[row].hasTicket = tickets.put(body, ticket, at: row)
        return buyers[row].hasTicket
    }

    /// Rows with a buyer, ascending.
    var rows: [Int] {
        let free = Set(freeRows)
        return buyers.indices.filter { !free.contains(Int32($0)) }
    }
}
