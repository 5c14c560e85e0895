import Base
import Testing

@testable import RedisClient

@Test func `waits grow to the cap, never beyond their ceiling, and replay by seed`() {
    func waits(seed: UInt64) -> [Int64] {
        var backoff = Backoff(bounds: .init(base: .milliseconds(50), cap: .seconds(1)), seed: seed)
        return (0..<200).map { _ in backoff.next().nanoseconds }
    }
    let ceilings: [Int64] = [50, 100, 200, 400, 800] + Array(repeating: 1000, count: 195)
    for seed in UInt64(0)..<100 {
        for (wait, ceiling) in zip(waits(seed: seed), ceilings) { #expect(wait >= 0 && wait < ceiling * 1_000_000) }
    }
    #expect(waits(seed: 1) == waits(seed: 1))
    #expect(waits(seed: 1) != waits(seed: 2))
    let late = waits(seed: 7).dropFirst(5)  // full jitter: the mean is half the cap
    #expect((400_000_000...600_000_000).contains(late.reduce(0, +) / Int64(late.count)))
}

@Test func `the first wait after a success is short again`() {
    var backoff = Backoff(bounds: .init(base: .milliseconds(50), cap: .seconds(1)), seed: 3)
    for _ in 0..<100 {
        for _ in 0..<10 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.next() < .milliseconds(50))
        backoff.reset()
    }
}

@Test func `what was sent whole is unknown, what was not is unreachable`() {
    var pipeline = Pipeline()
    for index in 1...200 {
        pipeline.append(
            PendingCommand(
                completion: { _ in }, deadline: MonotonicInstant(nanoseconds: Int64(1000 - index)),
                end: UInt64(index * 10), evaluation: nil))
    }
    #expect(pipeline.earliestDeadline == MonotonicInstant(nanoseconds: 800))
    #expect(pipeline.popAnswered(sentBytes: 9) == nil)
    #expect(pipeline.popAnswered(sentBytes: 1015)?.end == 10)
    let failures = pipeline.fail(sentBytes: 1015).map(\.failure)
    #expect(failures == Array(repeating: .outcomeUnknown, count: 100) + Array(repeating: .unreachable, count: 99))
    #expect(pipeline.isEmpty && pipeline.popAnswered(sentBytes: .max) == nil)
}

@Test func `replies meet commands in order while the ring turns and grows`() {
    var pipeline = Pipeline()
    var next: UInt64 = 1
    var answered: UInt64 = 0
    for step in 0..<300 {
        for _ in 0..<(step % 7 + 1) {
            pipeline.append(
                PendingCommand(completion: { _ in }, deadline: .init(nanoseconds: 0), end: next, evaluation: nil))
            next += 1
        }
        for _ in 0..<(step % 5) {
            guard let command = pipeline.popAnswered(sentBytes: .max) else { continue }
            answered += 1
            #expect(command.end == answered)
        }
    }
    #expect(pipeline.count == Int(next - 1 - answered))
}

private let info: RedisValue = .bytes(
    [UInt8]("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\nrun_id_not:x\r\n"))
private let primary: RedisValue = .bytes([UInt8]("# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"))

@Test func `the handshake sends the client's name, the database, and reads which server and which scripts`() {
    let endpoint = RedisEndpoint(address: .unix(path: "/s"), user: "u", password: "p", database: 3)
    let scripts = ["a", "b"].map { RedisScript(name: $0, source: "return '\($0)'") }
    var handshake = Handshake(endpoint: endpoint, name: "me", scripts: scripts.map(\.source))
    #expect(
        handshake.commands.map { $0.map { String(decoding: $0, as: UTF8.self) } } == [
            ["AUTH", "u", "p"], ["CLIENT", "ID"], ["INFO", "server"], ["INFO", "replication"], ["SELECT", "3"],
            ["CLIENT", "SETNAME", "me"],
            ["SCRIPT", "LOAD", "return 'a'"], ["SCRIPT", "LOAD", "return 'b'"],
        ])
    let forbidden = RedisValue.error(RedisErrorReply(code: "NOPERM", message: "no client command"))
    let hashes = [UInt8(ascii: "a"), UInt8(ascii: "b")].map { [UInt8](repeating: $0, count: 40) }
    for reply in [.status("OK"), .integer(77), info, primary, .status("OK"), forbidden, .bytes(hashes[0])] {
        #expect(handshake.handle(reply) == .waiting)
    }
    guard case .done(let identity, hashes) = handshake.handle(.bytes(hashes[1])) else {
        Issue.record("the handshake does not end")
        return
    }
    #expect(identity.runID == "abc" && identity.version == "7.0.15" && identity.mode == "standalone")
    #expect(handshake.connectionID == 77)
}

@Test func `the handshake fails as the store answers`() {
    let endpoint = RedisEndpoint(address: .unix(path: "/s"), password: "p")
    let wrong = RedisErrorReply(code: "WRONGPASS", message: "no")
    func first(_ reply: RedisValue) -> Handshake.Outcome {
        var handshake = Handshake(endpoint: endpoint, name: nil, scripts: [])
        #expect(handshake.handle(.status("OK")) == .waiting)
        #expect(handshake.handle(.error(RedisErrorReply(code: "NOPERM", message: ""))) == .waiting)
        return handshake.handle(reply)
    }
    #expect(first(.error(wrong)) == .failed(.refused(wrong)))
    #expect(first(.error(RedisErrorReply(code: "LOADING", message: ""))) == .failed(.loading))
    var handshake = Handshake(endpoint: .init(address: .unix(path: "/s")), name: nil, scripts: [])
    #expect(handshake.handle(.integer(7)) == .waiting)
    guard case .failed(.protocolError) = handshake.handle(.status("OK")) else {
        Issue.record("INFO without a run id must not pass")
        return
    }
}

@Test func `a silent connection is asked once and then given up`() {
    func at(_ milliseconds: Int64) -> MonotonicInstant { .init(nanoseconds: milliseconds * 1_000_000) }
    var liveness = Liveness(keepAlive: .seconds(1), deadline: .milliseconds(500), now: at(0))
    #expect(liveness.check(now: at(10)) == .wait(until: at(1000)))
    liveness.received(now: at(900))
    #expect(liveness.check(now: at(1000)) == .wait(until: at(1900)))
    #expect(liveness.check(now: at(1900)) == .ping)
    #expect(liveness.check(now: at(1901)) == .wait(until: at(2400)))
    liveness.received(now: at(2399))
    #expect(liveness.check(now: at(3399)) == .ping)
    #expect(liveness.check(now: at(3899)) == .giveUp)
}

@Test func `a subscription is complete when every channel is confirmed, once`() {
    func words(_ kind: String, _ channel: String, _ last: RedisValue) -> RedisValue {
        .array([.bytes([UInt8](kind)), .bytes([UInt8](channel)), last])
    }
    var subscription = Subscription(channels: ["a", "b", "a"])
    #expect(subscription.channels == ["a", "b"])
    subscription.restart()
    #expect(subscription.handle(words("subscribe", "a", .integer(1))) == .none)
    let message = words("message", "a", .bytes([1, 2]))
    #expect(subscription.handle(message) == .message(channel: "a", payload: [1, 2]))
    #expect(subscription.handle(words("subscribe", "b", .integer(2))) == .complete)
    #expect(subscription.handle(words("subscribe", "b", .integer(2))) == .none)
    #expect(subscription.handle(.array([.bytes([UInt8]("pong")), .bytes([])])) == .none)
    let added = ["b", "c"].map { subscription.add($0) }
    #expect(added == [false, true] && !subscription.isComplete)
    #expect(subscription.handle(words("subscribe", "c", .integer(3))) == .complete)
    let refusal = RedisErrorReply(code: "NOPERM", message: "no")
    #expect(subscription.handle(.error(refusal)) == .failed(.refused(refusal)))
    for odd in [.integer(1), .array([]), words("message", "a", .null), words("other", "a", .null)] as [RedisValue] {
        guard case .failed(.protocolError) = subscription.handle(odd) else {
            Issue.record("\(odd) must not pass")
            continue
        }
    }
}
