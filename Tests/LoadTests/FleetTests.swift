import Glibc
import LoadKit
import Testing

private final class Owner: FleetOwner {
    private(set) var answers: [(tag: UInt64, due: Nanoseconds, status: Int, body: String)] = []
    private(set) var losses: [(tag: UInt64, loss: Loss)] = []

    func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "ask \(tag)\n".utf8)
        tag += 100
    }

    func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>) {
        let text = String(decoding: (head.length..<bytes.count).map { bytes[$0] }, as: UTF8.self)
        answers.append((tag, due, head.status, text))
    }

    func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) { losses.append((tag, loss)) }
}

/// Turns until `isDone`; a bound keeps a broken fleet from hanging the test.
private func turn(_ fleet: Fleet, until isDone: () -> Bool) {
    let end = Nanoseconds.now + .seconds(5)
    while !isDone(), Nanoseconds.now < end { fleet.turn(until: end) }
}

/// A client with one connection to `listener`, and the server's end of it, on which its first request stands.
private func connected(to listener: LoopbackListener, _ owner: Owner) throws -> (fleet: Fleet, connection: Int32) {
    let fleet = try Fleet(to: [listener.endpoint], connections: 1, timeout: .seconds(5), owner: owner)
    fleet.send(1, due: .zero)
    let connection = listener.take()
    fleet.turn(until: Nanoseconds.now + .seconds(5))
    return (fleet, connection)
}

@Test func `a request waits for a connection and keeps the time when it was due`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let fleet = try Fleet(to: [listener.endpoint], connections: 1, timeout: .seconds(5), owner: owner)
    #expect(fleet.hasFree)
    fleet.send(1, due: Nanoseconds(11))
    fleet.send(2, due: Nanoseconds(22))
    #expect((fleet.underWay, fleet.waitingCount) == (1, 1))
    #expect(!fleet.hasFree)
    let connection = listener.take()
    defer { close(connection) }
    fleet.turn(until: Nanoseconds.now + .seconds(5))
    #expect(LoopbackListener.reads(connection) == "ask 1\n")
    LoopbackListener.writes(answer("one"), to: connection)
    turn(fleet) { owner.answers.count == 1 }
    #expect(LoopbackListener.reads(connection) == "ask 2\n")
    LoopbackListener.writes(answer("two"), to: connection)
    turn(fleet) { owner.answers.count == 2 }
    #expect(owner.answers.map(\.tag) == [101, 102])
    #expect(owner.answers.map(\.due) == [Nanoseconds(11), Nanoseconds(22)])
    #expect(owner.answers.map(\.body) == ["one", "two"])
    #expect((fleet.answers, fleet.losses, fleet.open) == (2, 0, 1))
}

@Test func `an answer that comes byte by byte is whole in the end`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let (fleet, connection) = try connected(to: listener, owner)
    defer { close(connection) }
    for byte in answer("drop by drop") {
        #expect(owner.answers.isEmpty)
        LoopbackListener.writes(String(byte), to: connection)
        fleet.turn(until: Nanoseconds.now + .seconds(5))
    }
    #expect(owner.answers.map(\.body) == ["drop by drop"])
}

@Test func `what ends under a request loses it, and the next one has a new connection`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let (fleet, first) = try connected(to: listener, owner)
    close(first)
    turn(fleet) { owner.losses.count == 1 }
    #expect(owner.losses[0] == (101, .unanswered))
    fleet.send(2, due: .zero)
    let second = listener.take()
    defer { close(second) }
    fleet.turn(until: Nanoseconds.now + .seconds(5))
    LoopbackListener.writes(answer("a") + answer("b"), to: second)
    turn(fleet) { owner.losses.count == 2 }
    #expect(owner.losses[1] == (102, .malformed("an answer nobody asked for")))
    fleet.send(3, due: .zero)
    let third = listener.take()
    defer { close(third) }
    fleet.turn(until: Nanoseconds.now + .seconds(5))
    LoopbackListener.writes("HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", to: third)
    turn(fleet) { owner.losses.count == 3 }
    #expect(owner.losses[2] == (103, .malformed("status line")))
    #expect(fleet.open == 0)
}

@Test func `after the last answer on a connection the client closes it`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let (fleet, connection) = try connected(to: listener, owner)
    defer { close(connection) }
    #expect(LoopbackListener.reads(connection) == "ask 1\n")
    let last = answer("x").replacing("200 OK\r\n", with: "200 OK\r\nConnection: close\r\n")
    LoopbackListener.writes(last, to: connection)
    turn(fleet) { owner.answers.count == 1 }
    #expect(LoopbackListener.reads(connection) == "")
    #expect((fleet.answers, fleet.losses, fleet.open) == (1, 0, 0))
}

@Test func `servers are used in turn, and a connection that failed is not used for a while`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let gone = LoopbackListener().endpoint  // closed again at once
    let fleet = try Fleet(
        to: [gone, listener.endpoint], connections: 2, timeout: .seconds(5), pauseAfterFailure: .seconds(1),
        owner: owner)
    for tag in 1...2 as ClosedRange<UInt64> { fleet.send(tag, due: .zero) }
    let connection = listener.take()
    defer { close(connection) }
    turn(fleet) { owner.losses.count == 1 && fleet.open == 1 }
    #expect(owner.losses[0] == (101, .notConnected))
    #expect(LoopbackListener.reads(connection) == "ask 2\n")
    LoopbackListener.writes(answer("two"), to: connection)
    turn(fleet) { owner.answers.count == 1 }
    #expect((fleet.hasFree, fleet.underWay) == (true, 0))
    fleet.send(3, due: .zero)
    #expect(!fleet.hasFree, "the other one pauses")
    let end = Nanoseconds.now + .seconds(5)
    while !fleet.hasFree, Nanoseconds.now < end { fleet.turn(until: .now + .milliseconds(5)) }
    #expect(fleet.hasFree)
}

@Test func `all is lost that is under way or waits when the fleet is abandoned`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let fleet = try Fleet(to: [listener.endpoint], connections: 1, timeout: .zero, owner: owner)
    for tag in 1...3 as ClosedRange<UInt64> { fleet.send(tag, due: .zero) }
    fleet.abandon()
    #expect(owner.losses.map(\.loss) == [.notConnected, .notConnected, .unanswered])
    #expect((fleet.underWay, fleet.waitingCount) == (0, 0))
    fleet.send(9, due: .zero)
    fleet.turn(until: Nanoseconds.now)
    fleet.expire()
    #expect(owner.losses.last?.loss == .unanswered)
}

@Test func `connects from loopback addresses only`() throws {
    let (listener, owner) = (LoopbackListener(), Owner())
    let spread = try Fleet(
        to: [listener.endpoint], connections: 2, sources: ["127.0.0.2", "127.0.0.3"], timeout: .seconds(5),
        owner: owner)
    spread.openAll()
    turn(spread) { spread.open == 2 }
    #expect(spread.open == 2)
    let foreign = try Fleet(
        to: [listener.endpoint], connections: 1, sources: ["192.0.2.1"], timeout: .seconds(5), owner: owner)
    foreign.send(1, due: .zero)
    #expect(owner.losses.map(\.loss) == [.notConnected])
    let gone = try Fleet(
        to: [LoopbackListener().endpoint], connections: 1, timeout: .seconds(5), owner: owner)
    gone.send(2, due: .zero)
    turn(gone) { owner.losses.count == 2 }
    #expect(owner.losses[1].loss == .notConnected)
}

@Test func `a ring gives back in order, around its end and while it grows`() {
    var ring = Ring<Int>()
    var (put, taken) = (0, [Int]())
    for size in 0..<50 {
        for _ in 0..<size {
            ring.append(put)
            put += 1
        }
        for _ in 0..<(size * 2 / 3) { taken.append(ring.takeFirst() ?? -1) }
    }
    #expect(ring.count == put - taken.count)
    while let next = ring.takeFirst() { taken.append(next) }
    #expect(taken == Array(0..<put))
    #expect(ring.isEmpty)
}

@Test func `a cache keeps tickets of different lengths apart`() {
    var cache = TicketCache()
    let body = Array("0123456789".utf8)
    let kept = [
        cache.put(body.span, 2..<4, at: 1), cache.put(body.span, 0..<10, at: 0), cache.put(body.span, 5..<6, at: 1),
    ]
    #expect(kept == [true, true, true])
    var text: [UInt8] = []
    for number in 0...2 { cache.append(number, to: &text) }
    #expect(String(decoding: text, as: UTF8.self) == "01234567895")
    let long = [UInt8](repeating: 0x41, count: 300)
    let isLongKept = cache.put(long.span, 0..<256, at: 0)
    #expect(!isLongKept)
    #expect(TicketCache.hash(body.span, 0..<5) != TicketCache.hash(body.span, 0..<6))
}
