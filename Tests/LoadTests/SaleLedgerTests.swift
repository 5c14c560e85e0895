import LoadKit
import Testing

/// A ledger of one item with `stock` units and as many users as asked for.
private struct Sale {
    var ledger: SaleLedger

    init(stock: Int64, users: Int) {
        ledger = SaleLedger(items: [("i", stock)], stem: "u-")
        for _ in 0..<users { _ = ledger.newcomer(item: 0) }
    }

    mutating func give(
        _ user: UInt32, _ sequence: Int64, ticket: UInt64? = nil, isNew: Bool = true, comesAfter: UInt32 = 0
    ) {
        ledger.given(
            user, ticket: ticket ?? UInt64(user) + 100, sequence: sequence, isNew: isNew, comesAfter: comesAfter)
    }

    @discardableResult
    mutating func see(
        _ user: UInt32, _ state: TicketState, _ sequence: Int64, knewFinal: Bool = false, at time: Int64 = 0
    ) -> Bool {
        ledger.seen(user, state, sequence: sequence, knewFinal: knewFinal, now: .milliseconds(time))
    }

    mutating func judge(sold: Int64, left: Int64, total: Int64, unsure: Int64 = 0, isCut: Bool = false) {
        let body = ItemBody(state: "open", stockTotal: total, stockLeft: left, held: 0, sold: sold)
        ledger.judge(after: [body], unsure: unsure, isCut: isCut)
    }

    var kinds: [String] { ledger.reports.map(\.kind) }
}

@Test func `a sale in order breaks no promise and is counted`() {
    var sale = Sale(stock: 2, users: 5)
    for user in 0..<4 as Range<UInt32> { sale.give(user, Int64(user) + 1, comesAfter: user) }
    sale.give(1, 2, isNew: false)
    let firsts = [sale.see(0, .sold, 1), sale.see(1, .sold, 2), sale.see(2, .soldOut, 3), sale.see(3, .cancelled, 4)]
    #expect(firsts == [true, true, true, true])
    let again = sale.see(0, .sold, 1, knewFinal: true)
    #expect(!again)
    sale.ledger.turnedAway(4, isSoldOut: true, hadPlace: false)
    sale.judge(sold: 2, left: 0, total: 2)
    #expect(sale.kinds.isEmpty, "\(sale.ledger.reports)")
    let ledger = sale.ledger
    #expect((ledger.accepted, ledger.sold, ledger.soldOut, ledger.cancelled) == (4, 2, 1, 1))
    #expect((ledger.waiting, ledger.replays) == (0, 1))
}

@Test func `a 200 that is read before its 202 is no second place, a second 202 is`() {
    var sale = Sale(stock: 9, users: 1)
    sale.give(0, 1, isNew: false)
    sale.give(0, 1, isNew: true)
    #expect(sale.kinds.isEmpty)
    sale.give(0, 1, isNew: true)
    #expect(sale.kinds == ["second-place"])
}

@Test func `another ticket or another sequence for the same user is a breach`() {
    var sale = Sale(stock: 9, users: 2)
    sale.give(0, 1)
    sale.give(0, 1, ticket: 7, isNew: false)
    #expect(sale.kinds == ["second-place"])
    sale.give(0, 2, isNew: false)
    sale.give(1, 5)
    sale.see(1, .queued, 6)
    #expect(sale.ledger.reports.map(\.count) == [1, 2])
    #expect(sale.kinds == ["second-place", "place-changed"])
}

@Test func `two users with one sequence are noticed at once, with one ticket at the end`() {
    var sale = Sale(stock: 9, users: 3)
    sale.give(0, 4_000)
    sale.give(1, 4_000)
    #expect(sale.kinds == ["shared-place"])
    sale.give(2, 4_001, ticket: 100)
    sale.judge(sold: 0, left: 9, total: 9, isCut: true)
    #expect(sale.ledger.reports.map(\.count) == [2])
}

@Test func `more winners than units are an oversell`() {
    var sale = Sale(stock: 1, users: 2)
    sale.give(0, 1)
    sale.give(1, 2)
    sale.see(0, .sold, 1)
    #expect(sale.kinds.isEmpty)
    sale.see(1, .sold, 2)
    #expect(sale.kinds == ["oversold"])
}

@Test func `a winner behind a loser breaks the order, whoever is answered first`() {
    for winnerFirst in [true, false] {
        var sale = Sale(stock: 9, users: 2)
        sale.give(0, 1)
        sale.give(1, 2)
        if winnerFirst { sale.see(1, .sold, 2) }
        sale.see(0, .soldOut, 1)
        if !winnerFirst { sale.see(1, .sold, 2) }
        #expect(sale.kinds == ["order-broken"], "\(winnerFirst)")
    }
}

@Test func `who comes after a sequence was given gets a higher one`() {
    var sale = Sale(stock: 9, users: 2)
    sale.give(0, 10)
    #expect(sale.ledger.items[0].highestGiven == 10)
    sale.give(1, 9, comesAfter: 10)
    #expect(sale.kinds == ["order-broken"])
}

@Test func `a final answer stays, once it has been known for longer than a process may lag`() {
    var sale = Sale(stock: 9, users: 1)
    sale.give(0, 1)
    sale.see(0, .sold, 1, at: 1_000)
    #expect(!sale.ledger.isLongFinal(0, now: .milliseconds(1_100)))
    #expect(sale.ledger.isLongFinal(0, now: .milliseconds(1_101)))
    sale.see(0, .queued, 1, knewFinal: false, at: 1_050)
    #expect(sale.kinds.isEmpty)
    sale.see(0, .queued, 1, knewFinal: true, at: 1_200)
    sale.see(0, .soldOut, 1, knewFinal: false, at: 1_200)
    #expect(sale.ledger.reports.map(\.count) == [2])
    #expect(sale.kinds == ["final-changed"])
}

@Test func `a holder is not answered that it is over`() {
    var sale = Sale(stock: 9, users: 1)
    sale.give(0, 1)
    sale.ledger.turnedAway(0, isSoldOut: false, hadPlace: true)
    #expect(sale.kinds == ["holder-refused"])
}

@Test func `who waits at the end has no final answer, unless the test was cut short`() {
    for isCut in [true, false] {
        var sale = Sale(stock: 9, users: 1)
        sale.give(0, 1)
        sale.judge(sold: 1, left: 8, total: 9, isCut: isCut)
        #expect(sale.kinds == (isCut ? [] : ["not-told"]))
    }
}

@Test func `the item's own figures must agree with what buyers were answered`() {
    func kinds(_ judge: (inout Sale) -> Void) -> [String] {
        var sale = Sale(stock: 9, users: 1)
        sale.give(0, 1)
        sale.see(0, .sold, 1)
        judge(&sale)
        return sale.kinds
    }
    #expect(kinds { $0.judge(sold: 1, left: 8, total: 9) } == [])
    #expect(kinds { $0.judge(sold: 0, left: 9, total: 9) } == ["item-disagrees"])
    #expect(kinds { $0.judge(sold: 2, left: 7, total: 9) } == ["item-disagrees"])
    #expect(kinds { $0.judge(sold: 2, left: 7, total: 9, unsure: 1) } == [])
    #expect(kinds { $0.judge(sold: 1, left: 7, total: 9) } == ["item-disagrees"])
    #expect(kinds { $0.ledger.judge(after: [nil], unsure: 0, isCut: false) } == ["item-disagrees"])
    #expect(
        kinds {
            $0.ledger.turnedAway(0, isSoldOut: true, hadPlace: false)
            $0.judge(sold: 1, left: 8, total: 9)
        } == ["unsold"])
}
