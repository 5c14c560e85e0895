import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

/// An item whose winners are to pay, with its buyers.
struct PaidSale {
    let rig: QueueRig
    private(set) var tickets: [String] = []

    init(
        buyers: Int = 3, stock: Int = 2, _ more: String = "", deadline: TimeSpan = .seconds(15), reserving: Int64 = 2
    ) throws {
        rig = try QueueRig(deadline: deadline)
        try rig.put("demo", #"{"stock":\#(stock),"pay_window_ms":600000\#(more)}"#)
        for number in 0..<buyers {
            tickets.append(try rig.buy("user-\(number)").json(TestKit.TicketBody.self).ticket)
        }
        if reserving > 0 { try reserve(reserving) }
    }

    /// The next in line win, and are to pay.
    func reserve(_ count: Int64) throws { try rig.deduct(count) }

    func poll(_ index: Int) throws -> TestKit.TicketBody { try rig.poll(tickets[index]).json() }

    /// The ticket's body once it shows this state; nil: it never did.
    func poll(_ index: Int, until state: String) throws -> TestKit.TicketBody? {
        var body: TestKit.TicketBody?
        let isThere = try rig.turns {
            body = try poll(index)
            return body?.state == state
        }
        return isThere ? body : nil
    }

    @discardableResult
    func pay(_ index: Int, _ outcome: String = "paid", _ reference: String = "p-1") throws -> HTTPReply {
        try rig.administer(
            "POST", "/admin/v1/tickets/\(tickets[index])/payment",
            json: #"{"outcome":"\#(outcome)","reference":"\#(reference)"}"#)
    }

    func refund(_ index: Int, _ reference: String = "r-1", returnsUnit: Bool = true) throws -> HTTPReply {
        try rig.administer(
            "POST", "/admin/v1/tickets/\(tickets[index])/refund",
            json: #"{"reference":"\#(reference)","return_unit":\#(returnsUnit)}"#)
    }

    func leave(_ index: Int) throws -> HTTPReply { try rig.ask("DELETE", "/v1/tickets/\(tickets[index])") }

    /// The leader's clock is past every deadline.
    func expire() throws {
        let item = try rig.reference()
        let later = WallInstant(milliseconds: 1 << 42)
        let now = try rig.result { rig.other.clock(completion: $0) }
        // The first call checks the deadlines of new holds; the second one ends them.
        _ = try rig.result { rig.other.expire(item, now: now, storeAhead: .zero, completion: $0) }
        let ended = try rig.result { rig.other.expire(item, now: later, storeAhead: now - later, completion: $0) }
        try #require(ended.ended > 0)
    }

    /// Several payments, all of which arrive in one turn of the loop.
    func payTogether(_ wanted: [(index: Int, outcome: String, reference: String)]) throws -> [HTTPReply] {
        let headers = [("Authorization", "Bearer \(QueueRig.token)")]
        return try rig.administer(
            wanted.map {
                HTTPRequest(
                    "POST", "/admin/v1/tickets/\(tickets[$0.index])/payment", headers: headers,
                    json: #"{"outcome":"\#($0.outcome)","reference":"\#($0.reference)"}"#)
            })
    }
}

extension HTTPReply {
    var payment: PaymentBody? { try? json() }
}
