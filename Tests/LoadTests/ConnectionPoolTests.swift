import Glibc
import LoadKit
import Testing

private final class Owner: RequestOwner {
    var results: [(tag: UInt64, result: Result<Response, Loss>)] = []

    func write(_ tag: UInt64, into bytes: inout [UInt8]) { bytes.append(contentsOf: "ask \(tag)\n".utf8) }

    func finished(_ tag: UInt64, _ result: Result<Response, Loss>) { results.append((tag, result)) }
}

/// Turns until `isDone`; a bound keeps a broken pool from hanging the test.
private func turn(_ poller: Poller, until isDone: () -> Bool) {
    let end = Poller.clock + .seconds(5)
    while !isDone(), Poller.clock < end { poller.turn(until: end) }
}

@Test func `requests wait for a free connection and go out one at a time, on the same connection`() throws {
    let (listener, poller, owner) = (LoopbackListener(), try Poller(), Owner())
    let pool = ConnectionPool(
        to: listener.endpoint, connections: 1, timeout: .seconds(5), on: poller, owner: owner)
    pool.send(1)
    pool.send(2)
    let connection = listener.take()
    defer { close(connection) }
    poller.turn(until: Poller.clock + .seconds(5))
    #expect(LoopbackListener.reads(connection) == "ask 1\n")
    LoopbackListener.writes(answer("one"), to: connection)
    turn(poller) { owner.results.count == 1 }
    #expect(LoopbackListener.reads(connection) == "ask 2\n")
    LoopbackListener.writes(answer("two"), to: connection)
    turn(poller) { owner.results.count == 2 }
    #expect(owner.results.map(\.tag) == [1, 2])
    #expect(try owner.results[1].result.get().body == Array("two".utf8))
    #expect(pool.answers == 2)
    pool.close()
}

@Test func `a connection that ends under a request loses it, and the next one has a new connection`() throws {
    let (listener, poller, owner) = (LoopbackListener(), try Poller(), Owner())
    let pool = ConnectionPool(
        to: listener.endpoint, connections: 1, timeout: .seconds(5), on: poller, owner: owner)
    pool.send(1)
    let first = listener.take()
    poller.turn(until: Poller.clock + .seconds(5))
    #expect(LoopbackListener.reads(first) == "ask 1\n")
    close(first)
    turn(poller) { owner.results.count == 1 }
    #expect(owner.results[0].result == .failure(.unanswered))
    pool.send(2)
    let second = listener.take()
    defer { close(second) }
    poller.turn(until: Poller.clock + .seconds(5))
    #expect(LoopbackListener.reads(second) == "ask 2\n")
    LoopbackListener.writes(answer("x").replacing("200 OK\r\n", with: "200 OK\r\nConnection: close\r\n"), to: second)
    turn(poller) { owner.results.count == 2 }
    #expect(try owner.results[1].result.get().isLast)
    #expect(LoopbackListener.reads(second) == "", "the client closes after the last answer")
    #expect(pool.losses == 1)
    pool.close()
}

@Test func `an answer nobody asked for and an answer that is no HTTP end the connection`() throws {
    let (listener, poller, owner) = (LoopbackListener(), try Poller(), Owner())
    let pool = ConnectionPool(
        to: listener.endpoint, connections: 1, timeout: .seconds(5), on: poller, owner: owner)
    for text in [answer("a") + answer("b"), "HTTP/2 200\r\n\r\n"] {
        pool.send(1)
        let connection = listener.take()
        defer { close(connection) }
        poller.turn(until: Poller.clock + .seconds(5))
        LoopbackListener.writes(text, to: connection)
        let before = owner.results.count
        turn(poller) { owner.results.count > before }
        guard case .failure(.malformed) = owner.results[before].result else {
            Issue.record("\(owner.results[before])")
            continue
        }
    }
    pool.close()
}

@Test func `nobody listening is told apart from no answer, and a hang ends at the timeout`() throws {
    let poller = try Poller()
    let owner = Owner()
    let gone = LoopbackListener().endpoint  // closed again at once
    let nowhere = ConnectionPool(to: gone, connections: 2, timeout: .seconds(5), on: poller, owner: owner)
    for tag in 0..<4 as Range<UInt64> { nowhere.send(tag) }
    turn(poller) { owner.results.count == 4 }
    #expect(owner.results.allSatisfy { $0.result == .failure(.notConnected) })
    nowhere.close()
    let listener = LoopbackListener()
    let hanging = ConnectionPool(
        to: listener.endpoint, connections: 1, timeout: .zero, on: poller, owner: owner)
    hanging.send(9)
    poller.turn(until: Poller.clock + .seconds(5))
    hanging.expire()
    #expect(owner.results.last?.result == .failure(.unanswered))
    hanging.close()
}

@Test func `a child is started, heard and stopped, and its exit is known`() throws {
    let child = try ChildProcess(
        ["/bin/sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"], errorPath: "/dev/null")
    #expect(child.nextLine(within: .seconds(5)) == "ready")
    #expect(child.stop(within: .seconds(5)) == .exited(code: 7))
    let missing = try ChildProcess(["/nonexistent/program"], errorPath: "/dev/null")
    #expect(missing.nextLine(within: .seconds(5)) == nil)
    #expect(missing.stop(within: .seconds(5)) == .exited(code: 127))
}
