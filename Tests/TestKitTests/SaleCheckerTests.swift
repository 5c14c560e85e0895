import Testing

@testable import TestKit

/// A sale of 2 units to 3 buyers, as it should go, with room for one planted fault.
private func honestSale(_ fault: (inout SaleChecker) -> Void = { _ in }) -> SaleChecker {
    var checker = SaleChecker()
    for (number, state) in [(1, "sold"), (2, "sold"), (3, "sold_out")] {
        checker.accept("u\(number)", "t\(number)", sequence: Int64(number))
        checker.saw(ticket: "t\(number)", sequence: Int64(number), state: state, isFinal: true)
    }
    fault(&checker)
    return checker
}

extension SaleChecker {
    fileprivate mutating func accept(
        _ user: String, _ ticket: String, sequence: Int64, status: Int = 202, quantity: Int64 = 1, key: String = ""
    ) {
        accepted(
            user: user, key: key, quantity: quantity, status: status, ticket: ticket, sequence: sequence,
            state: "queued", isFinal: false, sentAt: 0, at: 10)
    }

    fileprivate mutating func end(_ ticket: String, sequence: Int64, _ state: String) {
        saw(ticket: ticket, sequence: sequence, state: state, isFinal: true)
    }

    fileprivate var verdict: [Violation] { violations(stock: 2, counted: 2) }
}

@Suite struct SaleCheckerTests {
    @Test func `finds nothing in an honest sale`() {
        #expect(honestSale().verdict.isEmpty)
    }

    @Test func `a replay that gets the same ticket is no violation`() {
        let sale = honestSale { $0.accept("u1", "t1", sequence: 1, status: 200) }
        #expect(sale.verdict.isEmpty)
    }

    @Test func `finds a second ticket for one purchase`() {
        let sale = honestSale {
            $0.accept("u1", "t4", sequence: 4, status: 200)
            $0.end("t4", sequence: 4, "sold_out")
        }
        #expect(sale.verdict == [.twoTickets(user: "u1", key: "")])
    }

    @Test func `finds a purchase accepted twice`() {
        let sale = honestSale { $0.accept("u1", "t1", sequence: 1) }
        #expect(sale.verdict == [.acceptedTwice(user: "u1", key: "")])
    }

    @Test func `finds a ticket given to two buyers`() {
        let sale = honestSale { $0.accept("u9", "t1", sequence: 1) }
        #expect(sale.verdict == [.sharedTicket("t1")])
    }

    @Test func `finds a sequence given twice`() {
        let sale = honestSale {
            $0.accept("u4", "t4", sequence: 3)
            $0.end("t4", sequence: 3, "sold_out")
        }
        #expect(sale.verdict == [.sharedSequence(3)])
    }

    @Test func `finds a place that changed`() {
        let sale = honestSale { $0.end("t3", sequence: 4, "sold_out") }
        #expect(sale.verdict == [.movedSequence(ticket: "t3")])
    }

    @Test func `finds a final state that changed`() {
        let sale = honestSale { $0.end("t3", sequence: 3, "sold") }
        #expect(sale.verdict == [.changedFinal(ticket: "t3", from: "sold_out", to: "sold")])
    }

    @Test func `finds a final state that went back, unless the answers crossed on the way`() {
        var sale = SaleChecker()
        sale.accept("u1", "t1", sequence: 1)
        sale.saw(ticket: "t1", sequence: 1, state: "sold", isFinal: true, sentAt: 20, at: 30)
        sale.saw(ticket: "t1", sequence: 1, state: "queued", isFinal: false, sentAt: 25, at: 40)
        #expect(sale.violations(stock: 1, counted: 1).isEmpty)
        sale.saw(ticket: "t1", sequence: 1, state: "queued", isFinal: false, sentAt: 31, at: 50)
        #expect(
            sale.violations(stock: 1, counted: 1) == [.changedFinal(ticket: "t1", from: "sold", to: "queued")])
    }

    @Test func `finds an accepted ticket that never ended`() {
        let sale = honestSale { $0.accept("u4", "t4", sequence: 4) }
        #expect(sale.verdict == [.notFinal(ticket: "t4")])
    }

    @Test func `finds a winner behind a loser`() {
        var sale = SaleChecker()
        for (number, state) in [(1, "sold"), (2, "sold_out"), (3, "sold")] {
            sale.accept("u\(number)", "t\(number)", sequence: Int64(number))
            sale.end("t\(number)", sequence: Int64(number), state)
        }
        #expect(sale.verdict == [.overtaken(sequence: 2)])
    }

    @Test func `finds a unit left over that a waiting purchase could have taken`() {
        var sale = SaleChecker()
        for (number, quantity, state) in [(1, 1, "sold"), (2, 3, "sold_out"), (3, 1, "sold_out")] {
            sale.accept("u\(number)", "t\(number)", sequence: Int64(number), quantity: Int64(quantity))
            sale.end("t\(number)", sequence: Int64(number), state)
        }
        #expect(sale.violations(stock: 2, counted: 1) == [.overtaken(sequence: 3)])
    }

    @Test func `a large purchase that doesn't fit lets a smaller one pass`() {
        var sale = SaleChecker()
        for (number, quantity, state) in [(1, 3, "sold_out"), (2, 2, "sold")] {
            sale.accept("u\(number)", "t\(number)", sequence: Int64(number), quantity: Int64(quantity))
            sale.end("t\(number)", sequence: Int64(number), state)
        }
        #expect(sale.verdict.isEmpty)
    }

    @Test func `finds more sold than there was`() {
        let sale = honestSale {
            $0.accept("u4", "t4", sequence: 4)
            $0.end("t4", sequence: 4, "sold")
        }
        #expect(
            sale.violations(stock: 2, counted: 3) == [.wrongWinner(sequence: 4), .oversold(units: 3, stock: 2)])
    }

    @Test func `finds an item that counts otherwise than its tickets`() {
        #expect(honestSale().violations(stock: 2, counted: 1) == [.miscounted(units: 2, counted: 1)])
    }

    @Test func `finds a user above the limit`() {
        var sale = SaleChecker()
        for number in 1...2 {
            sale.accept("u", "t\(number)", sequence: Int64(number), key: "k\(number)")
            sale.end("t\(number)", sequence: Int64(number), "sold")
        }
        #expect(sale.violations(stock: 2, counted: 2, limit: 1) == [.overLimit(user: "u")])
        #expect(sale.violations(stock: 2, counted: 2, limit: 2).isEmpty)
    }

    @Test func `finds a winner who was answered sold out, unless that request was sent before`() {
        let late = honestSale { $0.refused(user: "u1", key: "", code: "sold-out", sentAt: 11) }
        #expect(late.verdict == [.turnedAway(user: "u1", key: "", code: "sold-out")])
        let crossed = honestSale { $0.refused(user: "u1", key: "", code: "sold-out", sentAt: 9) }
        #expect(crossed.verdict.isEmpty)
        let newcomer = honestSale { $0.refused(user: "u7", key: "", code: "sold-out", sentAt: 11) }
        #expect(newcomer.verdict.isEmpty)
    }
}
