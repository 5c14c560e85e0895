import Base
import Domain
import TestKit
import Testing

@testable import Store

@Test func `a full store answers replays with their tickets, and writes nothing for newcomers`() throws {
    let rig = try Rig(.init(configuration: [Rig.debuggable]))
    let item = try rig.item(stock: 10) { $0.perUserLimit = 0 }
    try rig.admit(Buy("ann", 2, key: 7), Buy("bob"), into: item)
    try rig.server.command("CONFIG", "SET", "maxmemory", "1mb")
    let buys = [Buy("new"), Buy("bob"), Buy("ann", 2, key: 7), Buy("ann", 1, key: 7), Buy("ann", 2, key: 8)]
    var before = ""
    for part in [Array(buys[..<3]), Array(buys[3..<4]), Array(buys[4...])] {
        before = try rig.server.command("DEBUG", "DIGEST")
        let reply = try rig.answer { rig.store.replay(AdmissionBatch(part), of: item, completion: $0) }
        for (index, buy) in part.enumerated() {
            let admission = reply.admission(at: index)
            switch (buy.user, buy.key, buy.quantity) {
            case ("bob", 0, _):
                #expect(admission == Admission(outcome: .replayed, sequence: 2, quantity: 1, ticketKeyID: 3))
            case ("ann", 7, 2):
                #expect(admission == Admission(outcome: .replayed, sequence: 1, quantity: 2, ticketKeyID: 3))
            case ("ann", 7, _): #expect(admission?.outcome == .mismatch && admission?.sequence == 1)
            default: #expect(admission == nil, "\(buy)")
            }
        }
        let after = try rig.server.command("DEBUG", "DIGEST")
        #expect(after == before)
    }
    let counters = try rig.counters(item)
    #expect(counters.tail == 2)
}
