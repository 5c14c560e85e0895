import Testing

@testable import TestKit

/// A sale of two units to four buyers: the first pays, the second pays too late, the third gets its unit and pays, and
/// nothing is left for the fourth.
private struct HonestBooks {
    var checker = PaymentChecker()
    var bodies = [1: "sold", 2: "expired", 3: "sold", 4: "sold_out"]
    var item = ItemBody(
        item: "i", state: "sold_out", stockTotal: 2, stockLeft: 0, held: 0, sold: 2, waiting: 0, queueLimit: 9)
    var store = StoreBooks()

    init() throws {
        (store.payments, store.due, store.sold) = ([1: "p-1", 3: "p-3"], ["p-2"], 2)
        for (number, status) in [(1, 200), (2, 409), (3, 200)] { report(number, status) }
    }

    mutating func report(_ number: Int, _ status: Int?, outcome: String = "paid", reference: String? = nil) {
        let body = status == 409 ? #"{"code":"late-payment"}"# : "{}"
        checker.record(
            status.map { HTTPReply(status: $0, headers: [], body: Array(body.utf8)) },
            to: .init(ticket: "t\(number)", outcome: outcome, reference: reference ?? "p-\(number)"))
    }

    var verdict: [PaymentChecker.Violation] {
        let tickets = bodies.map { number, state in
            TicketBody(
                ticket: "t\(number)", item: "i", quantity: 1, state: state, sequence: Int64(number), final: true)
        }
        return checker.violations(tickets: tickets, item: item, store: store)
    }
}

@Suite struct PaymentCheckerTests {
    @Test func `finds nothing in honest books`() throws {
        let books = try HonestBooks()
        #expect(books.verdict == [] && books.checker.bought == 2 && books.checker.late == 1)
    }

    @Test func `a captured payment without a sale is found`() throws {
        var books = try HonestBooks()
        books.bodies[1] = "expired"
        #expect(books.verdict.contains(.captureWithoutSale(reference: "p-1", state: "expired")))
    }

    @Test func `a sale without a payment is found`() throws {
        var books = try HonestBooks()
        books.bodies[2] = "sold"
        #expect(books.verdict.contains(.saleWithoutPayment(sequence: 2)))
    }

    @Test func `two payments that bought the same are found`() throws {
        var books = try HonestBooks()
        books.report(1, 200, reference: "p-9")
        #expect(books.verdict.contains(.boughtTwice(sequence: 1)))
    }

    @Test func `a payment that the shop and the store do not both have is found`() throws {
        var (lost, other) = (try HonestBooks(), try HonestBooks())
        lost.store.payments[3] = nil
        other.store.payments[4] = "p-4"
        #expect(lost.verdict == [.otherPayment(sequence: 3)] && other.verdict == [.otherPayment(sequence: 4)])
    }

    @Test func `what is to be paid back is what was paid too late, and nothing that was only authorized`() throws {
        var (forgotten, authorized) = (try HonestBooks(), try HonestBooks())
        forgotten.store.due = []
        authorized.report(2, 409, outcome: "authorized", reference: "a-2")
        authorized.store.due.insert("a-2")
        #expect(forgotten.verdict == [.notDue(reference: "p-2")])
        #expect(authorized.verdict == [.dueForNothing(reference: "a-2")])
    }

    @Test func `who is passed over, and who gets no answer, is found`() throws {
        var (passed, silent, late) = (try HonestBooks(), try HonestBooks(), try HonestBooks())
        passed.bodies[2] = "sold_out"
        silent.report(2, nil, reference: "p-8")
        late.store.isInOrder = false
        #expect(passed.verdict.contains(.passedOver(sequence: 2)))
        #expect(silent.verdict == [.unanswered(reference: "p-8")] && late.verdict.count == 1)
    }

    @Test func `units that do not add up are found`() throws {
        var (item, ledger, doubled) = (try HonestBooks(), try HonestBooks(), try HonestBooks())
        item.item.held = 1
        ledger.store.free = 1
        doubled.store.isDoubled = true
        #expect(item.verdict.count == 2 && ledger.verdict.count == 1 && doubled.verdict.count == 1)
    }
}
