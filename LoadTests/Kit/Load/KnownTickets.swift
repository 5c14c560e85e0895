/// The newest tickets of a test with their users, for polls by nobody in particular and for the review at the end.
struct KnownTickets: Sendable {
    static let most = 4_096
    private var users: [UInt32] = []
    private var put = 0
    private(set) var tickets = TicketCache()

    var count: Int { users.count }
    func user(_ row: Int) -> UInt32 { users[row] }

    /// Keeps a ticket in place of the oldest.
    mutating func note(_ user: UInt32, _ body: Span<UInt8>, _ ticket: Range<Int>) {
        let row = put % Self.most
        put += 1
        guard tickets.put(body, ticket, at: row) else { return }
        if row == users.count { users.append(user) } else { users[row] = user }
    }
}
