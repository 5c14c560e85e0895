import Base
import EventLoop
import TestKit
import Testing

@testable import RedisClient

private struct Message: Equatable {
    let channel: String
    let payload: String
}

@Test func `receives what is published, on channels added later too, and after the store was killed`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let subscriber = RedisSubscriber(loop: loop, endpoint: .unix(server), channels: ["one", "two"])
    var messages: [Message] = []
    var subscribed = 0
    var reasons: [DownReason] = []
    subscriber.onMessage = { messages.append(Message(channel: $0, payload: String(decoding: $1, as: UTF8.self))) }
    subscriber.onSubscribed = { subscribed += 1 }
    subscriber.onDown = { reasons.append($0) }
    subscriber.start()
    #expect(loop.turns { subscribed == 1 })
    #expect(try server.command("PUBLISH", "two", "hello") == "1")
    #expect(loop.turns { messages == [Message(channel: "two", payload: "hello")] })
    subscriber.add("three")
    subscriber.add("three")
    #expect(!subscriber.isReady)
    #expect(loop.turns { subscribed == 2 })

    server.kill9()
    #expect(loop.turns { !subscriber.isReady })
    #expect(reasons.count == 1)
    try server.start()
    #expect(loop.turns(atMost: .seconds(5)) { subscribed == 3 })
    for channel in ["one", "two", "three"] { #expect(try server.command("PUBLISH", channel, "again") == "1") }
    #expect(loop.turns { messages.count == 4 })
    #expect(messages.dropFirst().map(\.channel) == ["one", "two", "three"])
}

@Test func `a subscriber notices a paused store without any traffic`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    var options = RedisOptions()
    options.keepAlive = .milliseconds(100)
    options.deadline = .milliseconds(200)
    let subscriber = RedisSubscriber(loop: loop, endpoint: .unix(server), channels: ["one"], options: options)
    var subscribed = 0
    subscriber.onSubscribed = { subscribed += 1 }
    subscriber.start()
    #expect(loop.turns { subscriber.isReady })
    server.pause()
    #expect(loop.turns(atMost: .seconds(5)) { !subscriber.isReady })
    #expect(subscriber.downReason == .silent)
    server.resume()
    #expect(loop.turns(atMost: .seconds(5)) { subscribed == 2 })
}

@Test func `a subscriber that may not subscribe reports the reason`() throws {
    let server = try RedisServerProcess(.init(configuration: ["user deaf on >x +@all ~* resetchannels"]))
    let loop = try EventLoop()
    let endpoint = RedisEndpoint(address: .unix(path: server.socketPath), user: "deaf", password: "x")
    let subscriber = RedisSubscriber(loop: loop, endpoint: endpoint, channels: ["one"])
    var reasons: [DownReason] = []
    subscriber.onDown = { reasons.append($0) }
    subscriber.start()
    #expect(loop.turns { !reasons.isEmpty })
    guard case .refused(let error)? = reasons.first else {
        Issue.record("\(reasons)")
        return
    }
    #expect(error.code == "NOPERM")
}

@Test func `a subscriber of nothing is ready and takes channels later`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let subscriber = RedisSubscriber(loop: loop, endpoint: .unix(server), channels: [])
    var subscribed = 0
    var received = 0
    subscriber.onSubscribed = { subscribed += 1 }
    subscriber.onMessage = { _, _ in received += 1 }
    subscriber.start()
    #expect(loop.turns { subscribed == 1 })
    subscriber.add("late")
    #expect(loop.turns { subscribed == 2 })
    #expect(try server.command("PUBLISH", "late", "x") == "1")
    #expect(loop.turns { received == 1 })
}

@Test func `a subscriber that is closed in a message receives no other, not even one that came with it`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n"
    server.answer = { command, peer in
        if command[0] == "INFO" { return peer.send(FakeServer.info) }
        peer.send("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" + message + message)
    }
    let subscriber = RedisSubscriber(loop: loop, endpoint: server.endpoint, channels: ["a"])
    var received = 0
    subscriber.onMessage = { [unowned subscriber] _, _ in
        received += 1
        subscriber.close()
    }
    subscriber.start()
    #expect(loop.turns { server.peers.first?.isOpen == false })
    #expect(received == 1)
}
