import Base
import Domain
import EventLoop
import RedisClient
import TestKit
import Testing

@testable import Store

@Test func `a flushed script cache fails no call and doubles none`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 3000)
    var sequences: [Int64] = []
    var answered = 0
    for batch in 0..<40 {
        if batch % 10 == 5 { rig.store.connection.send(["SCRIPT", "FLUSH"]) { _ in } }
        let buys = (0..<50).map { Buy("u\(batch)-\($0)") }
        rig.store.admit(AdmissionBatch(buys), into: item) { result in
            answered += 1
            guard case .success(let reply) = result, let first = reply.firstSequence else { return }
            sequences += first..<first + 50
        }
        if batch % 4 == 0 { rig.loop.turn(waitAtMost: .zero) }
    }
    let isAnswered = rig.turns { answered == 40 }
    #expect(isAnswered && sequences.sorted() == Array(1...2000))
    var winners: Int64 = 0
    for _ in 0..<10 {
        _ = try rig.raw("SCRIPT", "FLUSH")
        winners += try rig.deduct(100, from: item, hasSink: true).winners
    }
    #expect(winners == 1000)
    for call in ScriptCall.allCases where call != .checkDurability {
        let other = try ScriptCall.prepare(rig, "item-\(call)")
        _ = try rig.raw("SCRIPT", "FLUSH")
        let failure = try call.failure(rig, other)
        #expect(failure == nil, "\(call)")
    }
    let misses = try rig.server.command("INFO", "errorstats")
    #expect(misses.contains("errorstat_NOSCRIPT"))
}

@Test func `a full store refuses newcomers, and what waits drains`() throws {
    let rig = try Rig(.init(configuration: [Rig.debuggable]))
    let item = try rig.item(stock: 20)
    try rig.fill(30, into: item)
    try rig.deduct(5, from: item, hasSink: true)
    try rig.deduct(2, from: item, worker: "w2", hasSink: true)
    _ = try rig.raw("CONFIG", "SET", "maxmemory", "1mb")
    let before = try rig.raw("DEBUG", "DIGEST")
    let refused = try rig.failure { rig.store.admit(AdmissionBatch([Buy("new")]), into: item, completion: $0) }
    guard case .refused(let text) = refused, text.hasPrefix("OOM") else {
        Issue.record("\(String(describing: refused))")
        return
    }
    let after = try rig.raw("DEBUG", "DIGEST")
    #expect(after == before)
    let settled = try rig.settle((1...5).map { .init(sequence: $0, attempt: 1, outcome: .confirmed) }, of: item)
    #expect(settled == Array(repeating: .settled, count: 5))
    let reaped = try rig.reap(item, worker: "w2")
    let cancelled = try rig.cancel(30, of: item)
    #expect(reaped.taken == 2 && cancelled == .cancelled)
    let drained = try rig.deduct(200, from: item)
    #expect(drained.winners == 15 && drained.stop == .itemEnded && drained.counters.sold == 20)
    _ = try rig.raw("CONFIG", "SET", "maxmemory", "0")
    let answers = try rig.admit(Buy("new"), Buy("u28"), into: item)
    #expect(answers.map(\.outcome) == [.soldOut, .replayed])
    try rig.expectLedgerAddsUp(item)
}

@Test func `a replica refuses every script that writes, stays as it is, and is left`() throws {
    let rig = try Rig(.init(configuration: [Rig.debuggable]))
    let item = try ScriptCall.prepare(rig, "item")
    let before = try rig.server.command("DEBUG", "DIGEST")
    for call in ScriptCall.allCases {
        // Of a primary that is not there: nothing listens on port 1. The call goes out right behind it: the connection
        // is given up with the first refusal, the probe's too.
        rig.store.connection.send(["REPLICAOF", "127.0.0.1", "1"]) { _ in }
        let failure = try call.failure(rig, item)
        if call.isReadOnly {
            #expect(failure == nil, "\(call)")
        } else if case .refused(let text) = failure {
            #expect(text.hasPrefix("READONLY"), "\(call): \(text)")
            #expect(!rig.store.isReady, "\(call)")
        } else {
            // `put` sends a plain command first, whose refusal ends the connection.
            #expect(call == .put && failure == .outcomeUnknown, "\(call): \(String(describing: failure))")
        }
        let after = try rig.server.command("DEBUG", "DIGEST")
        #expect(after == before, "\(call)")
        try rig.server.command("REPLICAOF", "NO", "ONE")
        #expect(rig.turns { rig.store.isReady })
    }
    let taken = try rig.deduct(1, from: item)
    #expect(taken.winners == 1)
}

@Test func `without the store a call fails at once and is known not to have been sent`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 1)
    rig.server.kill9()
    let isDown = rig.turns { !rig.store.isReady }
    #expect(isDown)
    for call in ScriptCall.allCases where call != .put {
        let failure = try call.failure(rig, item)
        #expect(failure == .unreachable, "\(call)")
    }
}
