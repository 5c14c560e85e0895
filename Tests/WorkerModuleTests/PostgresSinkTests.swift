import Base
import Domain
import EventLoop
import OrderTable
import PostgresClient
import Sodium
import TestKit
import Testing

@testable import Store
@testable import WorkerModule

@Test func `every purchase becomes one row under its buyer's ticket, and each is a call of its batch's duration`()
    throws
{
    let rig = try PostgresRig()
    #expect(rig.start() == .usable)
    try rig.place(1...1000)
    #expect(rig.sink.count == 1000)
    #expect(rig.turns { rig.finished.count == 1000 })
    #expect(rig.sink.count == 0 && rig.looks == 4)
    #expect(Set(rig.finished.map(\.order.record.sequence)) == Set(1...1000))
    #expect(rig.finished.allSatisfy { $0.outcome == .confirmed && $0.execution > .zero })
    #expect(rig.calls.count == 1000 && rig.calls.allSatisfy { $0.result == .answered && $0.duration > .zero })
    #expect(try rig.sql("SELECT count(*), count(DISTINCT sequence) FROM orders") == "1000|1000")
    // Two at once, then what gathered meanwhile: 4 of at most 256.
    #expect(try rig.sql("SELECT count(DISTINCT xmin::text) FROM orders") == "4")
    let text = try rig.sql("SELECT ticket FROM orders WHERE sequence = 77")
    let ticket = rig.codec.decode(text.utf8.span)?.ticket
    let tag = KeyedHash.hash("u77".utf8.span, key: [UInt8](repeating: 3, count: 16))
    #expect(ticket?.sequence == 77 && ticket?.incarnation == 9 && ticket?.userTag == tag && ticket?.quantity == 1)
    #expect(rig.sink.breaker == .closed)
}

@Test func `a repeat by another attempt gets the same answer; a taken key is refused, and again`() throws {
    let rig = try PostgresRig()
    #expect(rig.start() == .usable)
    rig.sink.place([try rig.order(1, user: "a")])
    #expect(rig.turns { rig.finished.count == 1 })
    rig.sink.place([try rig.order(1, user: "a", attempt: 2), try rig.order(2, user: "a")])
    rig.sink.place([try rig.order(2, user: "a", attempt: 2)])
    #expect(rig.turns { rig.finished.count == 4 })
    #expect(rig.finished.map(\.outcome) == [.confirmed, .confirmed, .refused, .refused])
    #expect(rig.finished.map(\.note) == ["1", "1", "key-taken", "key-taken"])
    #expect(rig.sink.figures.refused == 2)
    #expect(try rig.sql("SELECT sequence, state FROM orders ORDER BY 1") == "1|confirmed\n2|refused")
}

@Test func `a server killed again and again under load loses and doubles nothing, and the breaker follows`() throws {
    let rig = try PostgresRig(try PostgresServerProcess())
    #expect(rig.start() == .usable)
    var placed: Int64 = 0
    var states: Set<BreakerState> = []
    for pass in 1...3 {
        // At another moment each time: before the batches leave, while they are under way, after the first answers.
        let goal = rig.finished.count + (pass - 1) * 40
        for _ in 0..<10 {
            try rig.place(placed + 1...placed + 100)
            placed += 100
            rig.loop.turn(waitAtMost: .milliseconds(pass == 1 ? 0 : 1))
        }
        #expect(rig.turns { rig.finished.count >= goal })
        rig.server.kill9()
        #expect(rig.turns { rig.sink.readyConnections == 0 && rig.sink.breaker != .closed })
        try rig.place(placed + 1...placed + 10)
        placed += 10
        let waited = EventLoop.readMonotonicClock() + .milliseconds(100)
        while EventLoop.readMonotonicClock() < waited {
            rig.loop.turn(waitAtMost: .milliseconds(5))
            states.insert(rig.sink.breaker)
        }
        try rig.server.start()
        #expect(rig.turns { rig.finished.count == Int(placed) })
        #expect(rig.sink.breaker == .closed && rig.sink.downReason == nil)
    }
    #expect(states.contains(.open) && !states.contains(.closed))
    #expect(rig.finished.allSatisfy { $0.outcome == .confirmed } && rig.outcomes.count == Int(placed))
    #expect(try rig.sql("SELECT count(*), count(DISTINCT sequence) FROM orders") == "\(placed)|\(placed)")
    #expect(rig.notes.ups == 4 && !rig.notes.downs.isEmpty)
    #expect(rig.calls.count { $0.result == .answered } == Int(placed))
}

@Test func `a table that is locked beyond the deadline refuses nobody, and is served when it opens`() throws {
    let rig = try PostgresRig(deadline: .milliseconds(500))
    #expect(rig.start() == .usable)
    let holder = PostgresConnection(loop: rig.loop, options: try PostgresOptions(url: rig.url))
    holder.onReady = {
        let lock = PostgresStatement("LOCK TABLE orders IN EXCLUSIVE MODE; SELECT pg_sleep(60)")
        holder.send(lock, deadline: .seconds(60)) { _ in }
    }
    holder.start()
    let held =
        "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND relation = 'orders'::regclass AND granted"
    while try rig.sql(held) != "1" { rig.loop.turn(waitAtMost: .milliseconds(5)) }
    try rig.place(1...600)
    #expect(rig.turns { rig.calls.count >= 4 * 256 })
    #expect(rig.calls.allSatisfy { $0.result != .answered })
    #expect(rig.finished.isEmpty && rig.sink.count == 600)
    holder.close()  // its server's side sleeps on
    _ = try rig.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE%'")
    #expect(rig.turns { rig.finished.count == 600 })
    #expect(rig.outcomes.values.allSatisfy { $0 == .confirmed })
    #expect(try rig.sql("SELECT count(*) FROM orders") == "600")
    // Those that were given up do not stay behind at the server.
    #expect(try rig.sql("SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass") == "0")
}

@Test func `one purchase that the server can't take holds up no other`() throws {
    let rule = "; ALTER TABLE orders ADD CONSTRAINT no_fives CHECK (sequence <> 5)"
    let rig = try PostgresRig(creation: OrderTable.creation + rule)
    #expect(rig.start() == .usable)
    try rig.place(1...300)
    #expect(rig.turns { rig.finished.count == 299 })
    #expect(rig.outcomes[5] == nil && rig.sink.count == 1)
    #expect(rig.notes.failed.allSatisfy { $0.contains("23514") } && rig.sink.breaker == .closed)
    _ = try rig.sql("ALTER TABLE orders DROP CONSTRAINT no_fives")
    #expect(rig.turns { rig.finished.count == 300 })
    #expect(rig.outcomes[5] == .confirmed)
}

@Test func `an error of the whole table opens the breaker, and an answer closes it`() throws {
    let rig = try PostgresRig()
    #expect(rig.start() == .usable)
    _ = try rig.sql("ALTER TABLE orders RENAME TO away")
    try rig.place(1...10)
    #expect(rig.turns { rig.sink.breaker == .open })
    #expect(rig.notes.failed.allSatisfy { $0.contains("42P01") } && rig.finished.isEmpty)
    _ = try rig.sql("ALTER TABLE away RENAME TO orders")
    #expect(rig.turns { rig.finished.count == 10 })
    #expect(rig.sink.breaker == .closed)
}

@Test func `purchases wait for the store to say what their item is, and are never placed on top of another order`()
    throws
{
    let rig = try PostgresRig()
    #expect(rig.start() == .usable)
    rig.incarnation = nil
    try rig.place(1...3)
    #expect(rig.turns { rig.looks >= 3 })
    #expect(rig.sink.count == 3 && rig.finished.isEmpty)
    rig.incarnation = 1
    #expect(rig.turns { rig.finished.count == 3 })
    // Somebody else's order stands in this place, until the item is known to be another.
    rig.sink.place([try rig.order(1, user: "new")])
    #expect(rig.turns { rig.notes.unanswered == 2 })
    #expect(rig.finished.count == 3 && rig.sink.awaitingRetry == 1)
    rig.incarnation = 2
    #expect(rig.turns { rig.finished.count == 4 })
    #expect(rig.finished[3].outcome == .confirmed)
    #expect(try rig.sql("SELECT count(*) FROM orders WHERE sequence = 1") == "2")
}

@Test func `what gets no answer for long is in doubt; what was in doubt goes back there soon, and is never refused`()
    throws
{
    let rig = try PostgresRig()
    #expect(rig.start() == .usable)
    _ = try rig.sql("ALTER TABLE orders RENAME TO away")
    rig.loop.turn(waitAtMost: .zero)
    rig.sink.place([try rig.order(1), try rig.order(2, wasInDoubt: true)])
    #expect(rig.turns { rig.finished.count == 1 })
    #expect(rig.outcomes == [2: .inDoubt] && rig.sink.count == 1)

    let hasty = try PostgresRig(inDoubtAfter: .milliseconds(300))
    #expect(hasty.start() == .usable)
    _ = try hasty.sql("ALTER TABLE orders RENAME TO away")
    hasty.loop.turn(waitAtMost: .zero)
    try hasty.place(1...2)
    #expect(hasty.turns { hasty.finished.count == 2 })
    #expect(hasty.outcomes == [1: .inDoubt, 2: .inDoubt] && hasty.sink.count == 0)
    // Nothing is left to try it with: what comes next is.
    #expect(hasty.sink.breaker != .open)
    _ = try hasty.sql("ALTER TABLE away RENAME TO orders")
    hasty.loop.turn(waitAtMost: .zero)
    hasty.sink.place([try hasty.order(2, attempt: 2, wasInDoubt: true)])
    #expect(hasty.turns { hasty.finished.count == 3 })
    #expect(hasty.finished[2].outcome == .confirmed && hasty.sink.breaker == .closed)
}

@Test func `a stop gets back what is not under way; a missing table and a wrong database are reported at the start`()
    throws
{
    let rig = try PostgresRig(connections: 1)
    #expect(rig.start() == .usable)
    try rig.place(1...300)
    rig.loop.turn(waitAtMost: .zero)
    #expect(rig.sink.withdrawWaiting().map(\.record.sequence) == Array(257...300))
    #expect(rig.turns { rig.finished.count == 256 } && rig.sink.count == 0)

    let bare = try PostgresRig(creation: "")
    guard case .unusable(let problem)? = bare.start() else {
        Issue.record("a missing table is usable")
        return
    }
    #expect(problem.contains("sluice orders init"))
}
