import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

private func isScript(_ call: String) -> Bool { call.lowercased().contains("evalsha") }
private func isRead(_ call: String) -> Bool { call.lowercased().contains("getrange") }

@Test func `many polls of unread results cost one read, and the next ones none`() throws {
    let rig = try QueueRig()
    try rig.putElsewhere("demo", stock: 10)
    // Sold through another process before this one ever looked at the item.
    for start in [0, 200] { _ = try rig.admit((start..<start + 200).map { "u\($0)" }) }
    try rig.deduct(256)
    let tickets = try (1...100).map { try rig.ticket(sequence: $0) }
    _ = try rig.ask(tickets.map { _ in HTTPRequest("GET", "/livez") })
    var replies: [HTTPReply] = []
    let calls = try rig.calls { replies = try rig.ask(tickets.map { .poll($0) }) }
    let states = try replies.map { try $0.json(TestKit.TicketBody.self).state }
    #expect(states == (1...100).map { $0 <= 10 ? "sold" : "sold_out" })
    #expect(calls.filter(isScript).count == 1 && calls.filter(isRead).count == 1, "\(calls.count) calls")

    let later = try rig.calls {
        let again = try rig.ask(tickets.map { .poll($0) }).map { try $0.json(TestKit.TicketBody.self).state }
        #expect(again == states)
    }
    #expect(later.isEmpty)
}

@Test func `after the end non-holders cost one read of the holders, and holders are always found`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1,"queue_limit":1000}"#)
    let tickets = try rig.ask((0..<50).map { .purchase(item: "demo", user: "u\($0)") }).map {
        try $0.json(TestKit.TicketBody.self).ticket
    }
    try rig.deduct(10)
    let isEnded = try rig.turns { try rig.entry()?.view.counters.hasEnded == true }
    #expect(isEnded)
    var statuses: [Int] = []
    let calls = try rig.calls {
        for pass in 0..<5 {
            statuses += try rig.ask((0..<100).map { .purchase(item: "demo", user: "s\(pass)-\($0)") }).map(\.status)
        }
    }
    #expect(statuses.count == 500 && statuses.allSatisfy { $0 == 410 })
    #expect(calls.filter(isRead).count == 1, "\(calls.filter(isRead))")
    #expect(calls.filter(isScript).count <= 2, "\(calls.filter(isScript).count)")
    #expect(rig.publicServer.currentFigures.refusedFromMemory >= 400)

    let again = try rig.ask((0..<50).map { .purchase(item: "demo", user: "u\($0)") })
    #expect(try again.map { try $0.json(TestKit.TicketBody.self).ticket } == tickets)
    #expect(again.allSatisfy { $0.status == 200 })
}

@Test func `non-holders are refused from memory again after the messages were interrupted`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    _ = try rig.buy("ann")
    try rig.deduct(1)
    let isRefused = try rig.turns {
        try rig.buy("eve").status == 410 && rig.publicServer.currentFigures.refusedFromMemory > 0
    }
    #expect(isRefused)
    rig.publicServer.directory.interrupt()
    let calls = try rig.calls {
        for pass in 0..<40 {
            let reply = try rig.buy("s\(pass)")
            #expect(reply.status == 410)
        }
    }
    // One read of the item, one of the holders, and the few purchases that came before they were there.
    #expect(calls.count <= 8, "\(calls.count) calls")
}

@Test func `a restock is seen by who remembers the end`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    _ = try rig.buy("ann")
    try rig.deduct(1)
    let isRefused = try rig.turns {
        try rig.buy("eve").status == 410 && rig.publicServer.currentFigures.refusedFromMemory > 0
    }
    #expect(isRefused)
    let keys = try rig.reference().keys
    _ = try rig.result { rig.other.alter(keys, .restock(units: 1), completion: $0) }
    let isOpen = try rig.turns(atMost: .milliseconds(100 * Knobs.slack)) {
        try rig.entry()?.view.isCurrent == true && rig.entry()?.view.counters.hasEnded == false
    }
    #expect(isOpen)
    #expect(try rig.buy("eve").status == 202)
}

@Test func `names that are not items cost a call each, until such an item is made`() throws {
    let rig = try QueueRig()
    var statuses: [Int] = []
    let calls = try rig.calls {
        for _ in 0..<20 {
            statuses += try rig.ask([HTTPRequest("GET", "/v1/items/ghost"), .purchase(item: "ghost", user: "a")]).map(
                \.status)
        }
    }
    #expect(statuses.count == 40 && statuses.allSatisfy { $0 == 404 })
    #expect(calls.filter(isScript).count == 1)
    try rig.put("ghost")
    #expect(try rig.buy("ann", item: "ghost").status == 202)
}

@Test func `an item that is made while its name is being read is found`() throws {
    let rig = try QueueRig()
    let name = try #require(ItemName("demo"))
    var found: Bool?
    rig.publicServer.directory.lookUp(name) { found = (try? $0.get()) != nil }
    // The store answers "unknown"; the message of the creation, over its own connection, is here first.
    rig.publicServer.listener.onNotification?(try notification("C", counters: "1 1 0 0 0 100 0 0 0 0 0 0"))
    #expect(rig.turns { found != nil } && found == false)
    let keys = try rig.reference().keys
    var change = ItemChange()
    change.stock = 1
    rig.publicServer.listener.onNotification = { _ in }  // the message has come, there is no other
    _ = try rig.result {
        rig.other.put(keys, change, incarnation: 9, salt: [UInt8](repeating: 1, count: 16), completion: $0)
    }
    #expect(try rig.buy("ann").status == 202)
}

@Test func `an item that changes while it is read for the first time is not remembered as it was`() throws {
    let rig = try QueueRig()
    try rig.put()
    _ = try rig.admit(["u1", "u2"])
    let reference = try rig.reference()
    let before = try rig.result { rig.other.inspect(reference.keys, completion: $0) }
    rig.publicServer.directory.lookUp(reference.keys.name) { _ in }
    // u2 leaves: the read began before and knows nothing of it, the message is here first.
    let cancelled: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 1, ResultByte.cancelled.rawValue]
    let counters = before.counters
    rig.publicServer.listener.onNotification?(
        try notification(
            "D", incarnation: before.incarnation,
            counters: "\(counters.version + 1) \(counters.notification + 1) 0 2 1 100 0 0 0 0 0 0", runs: cancelled))
    #expect(try rig.turns { try rig.entry() != nil })
    let entry = try #require(try rig.entry())
    #expect(entry.view.counters.cancelled == 1)
    #expect(entry.view.counters.version == counters.version + 1)
}

private func notification(
    _ kind: String, incarnation: UInt64 = 9, counters: String, runs: [UInt8] = []
) throws -> ChangeNotification {
    let head = "\(kind) demo \(String(incarnation, radix: 16)) \(counters)\n"
    return try #require(ChangeNotification(payload: Array(head.utf8) + runs))
}
