import LoadKit
import Testing

/// A sale of `units` in which buyer n gets sequence n + 1 and ends as `endings[n]`; nil waits for ever.
private final class Sale {
    var referee: Referee
    var buyers: [Buyer] = []
    let before: ItemBody

    init(units: Int64, _ endings: [TicketState?], sequences: [Int64]? = nil, tickets: [String]? = nil) {
        before = ItemBody(state: "open", stockTotal: units, stockLeft: units, held: 0, sold: 0)
        referee = Referee(item: "i", crowd: "c", stockLeft: units)
        for (number, ending) in endings.enumerated() {
            var buyer = Buyer(number: number, pressAt: .zero, pressesTwice: false)
            var body = TicketBody(
                ticket: tickets?[number] ?? "t\(number)", item: "i", user: nil, state: .queued,
                sequence: sequences?[number] ?? Int64(number) + 1)
            _ = buyer.receives(Answer(.ticket(body, isNew: true)), to: .press, now: .milliseconds(1), &referee)
            if let ending {
                body.state = ending
                let answer = Answer(.ticket(body, isNew: false))
                for ask in [Ask.poll, .review] {
                    _ = buyer.receives(answer, to: ask, now: .milliseconds(Int64(2 + number)), &referee)
                }
            }
            buyers.append(buyer)
        }
    }

    /// Judges with an item that counts as the buyers do, changed by `change`.
    func judge(_ change: (inout ItemBody) -> Void = { _ in }) -> [String] {
        var after = before
        after.sold = referee.counts.sold
        after.stockLeft -= referee.counts.sold
        change(&after)
        referee.judge(buyers, before: before, after: after)
        return referee.reports.map(\.kind)
    }
}

@Test func `a sale in order is not objected to`() {
    let sale = Sale(units: 2, [.sold, .cancelled, .sold, .soldOut, .soldOut])
    #expect(sale.judge() == [])
    #expect(sale.referee.counts.finalAnswers == 5)
    #expect(sale.referee.counts.waiting == 0)
    #expect(sale.referee.highestWinner == 3)
    #expect(sale.referee.lowestLoser == 4)
}

@Test(arguments: [[TicketState.soldOut, .sold], [.sold, .soldOut, .sold]])
func `a winner behind a loser breaks the order`(endings: [TicketState]) {
    let sale = Sale(units: Int64(endings.count { $0 == .sold }), endings)
    #expect(sale.judge() == ["order-broken"])
}

@Test func `a loser before a winner breaks the order, whichever is answered first`() {
    let sale = Sale(units: 1, [.sold, .soldOut], sequences: [2, 1])
    #expect(sale.judge() == ["order-broken"])
}

@Test func `the first unit too many is oversold`() {
    let sale = Sale(units: 2, [.sold, .sold, .sold])
    #expect(
        sale.judge {
            $0.stockLeft = 0; $0.sold = 2
        } == ["oversold", "item-disagrees"])
    #expect(sale.referee.count(of: .oversold) == 1)
}

@Test func `an item that sold more than it has is oversold`() {
    let sale = Sale(units: 2, [.sold, .sold])
    #expect(
        sale.judge {
            $0.sold = 3; $0.stockLeft = -1
        } == ["oversold", "item-disagrees"])
}

@Test func `an item whose figures are not the buyers' or do not add up disagrees`() {
    let sale = Sale(units: 3, [.sold, .sold])
    #expect(
        sale.judge {
            $0.sold = 1; $0.stockLeft = 2
        } == ["item-disagrees"])
    let leaking = Sale(units: 3, [.sold, .sold])
    #expect(leaking.judge { $0.stockLeft = 0 } == ["item-disagrees"])
    let unreadable = Sale(units: 3, [.sold])
    unreadable.referee.judge(unreadable.buyers, before: unreadable.before, after: nil)
    #expect(unreadable.referee.reports.map(\.kind) == ["item-disagrees"])
}

@Test func `units left when buyers were answered sold out are unsold`() {
    let sale = Sale(units: 3, [.sold, .soldOut])
    #expect(sale.judge() == ["unsold"])
}

@Test func `two buyers at one place are objected to`() {
    let sequences = Sale(units: 2, [.sold, .sold], sequences: [1, 1])
    #expect(sequences.judge() == ["shared-place"])
    let tickets = Sale(units: 2, [.sold, .sold], tickets: ["t", "t"])
    #expect(tickets.judge() == ["shared-place"])
}

@Test func `a buyer who waits at the end has no final answer, one who never got any is unanswered`() {
    let sale = Sale(units: 2, [.sold, nil])
    sale.buyers.append(Buyer(number: 2, pressAt: .zero, pressesTwice: false))
    #expect(sale.judge() == ["not-told", "unanswered"])
    #expect(sale.referee.counts.waiting == 1)
}

@Test func `a final answer that could not be read again is unanswered`() {
    let sale = Sale(units: 1, [])
    var buyer = Buyer(number: 0, pressAt: .zero, pressesTwice: false)
    let body = TicketBody(ticket: "t", item: "i", user: nil, state: .sold, sequence: 1)
    _ = buyer.receives(Answer(.ticket(body, isNew: true)), to: .press, now: .zero, &sale.referee)
    sale.buyers.append(buyer)
    #expect(sale.judge() == ["unanswered"])
}

@Test func `keeps the first examples and counts the rest`() {
    var referee = Referee(item: "i", crowd: "c", stockLeft: 1)
    for number in 0..<9 { referee.object(.contract, number, "odd") }
    #expect(referee.reports.map(\.count) == [9])
    #expect(referee.reports.first?.examples == (0..<5).map { "c-\($0): odd" })
}

@Test func `the verdict passes a clean sale and fails any breach, and says so in its table`() throws {
    func verdict(_ endings: [TicketState]) -> Verdict {
        let sale = Sale(units: 2, endings)
        _ = sale.judge()
        let conditions = Verdict.Conditions(
            url: "http://127.0.0.1:1", item: "i", buyers: endings.count, repeatPercent: 10, connections: 4, windowMs: 9,
            seed: 5)
        return Verdict(
            sale.referee, sale.buyers, conditions: conditions, before: sale.before, after: nil, answers: 1_234,
            lostAnswers: 0, elapsed: .milliseconds(77))
    }
    let good = verdict([.sold, .sold, .soldOut])
    #expect(good.passed)
    #expect(good.orderKept)
    #expect(good.nobodyTwice)
    #expect((3_000...3_000 + 3_000 / 32).contains(good.waited.p50Us))
    #expect(good.waited.maxUs == 4_000)
    #expect(good.reviewed == 3)
    #expect(good.table.first == "  verdict       PASS")
    #expect(good.table.contains("  told          3 of 3: 2 won, 1 lost in the queue, 0 turned away"))
    #expect(good.table.contains("  order kept    yes: last winner has sequence 2, first loser 3"))
    let bad = verdict([.soldOut, .sold, .sold])
    #expect(!bad.passed)
    #expect(!bad.orderKept)
    #expect(bad.table.first == "  verdict       FAIL")
    #expect(bad.table.contains("                c-1: sequence 2 won, 1 did not"))
}

@Test func `the progress line fills its bar with final answers`() {
    let sale = Sale(units: 1_234, [.sold])
    let text = ProgressLine.rush(of: 2, pressed: 2, sale.referee.counts, rate: 1_000_000, breaches: 0)
    let bar = "[############............]"
    #expect(text == bar + " pressed 2  accepted 1  waiting 0  sold 1  told 1  1,000,000/s")
    #expect(Text.grouped(-1_234) == "-1,234")
    #expect(Text.milliseconds(12_349) == "12.3 ms")
}
