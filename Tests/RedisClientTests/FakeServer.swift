import Base
import CLinux
import EventLoop
import Glibc

@testable import RedisClient

/// A server on the test's own loop that answers each command as the test says, bytes as they are.
final class FakeServer: ReadinessHandler {
    /// Called with each command and the connection it came on, counted from 1.
    var answer: (_ command: [String], _ peer: FakePeer) -> Void = { _, _ in }
    private(set) var peers: [FakePeer] = []
    /// Every `CLIENT` command but for names, which the test has not to answer: the connection, and its words.
    fileprivate(set) var clientCommands: [(peer: Int, words: [String])] = []
    /// What `CLIENT KILL` is answered with; nil for nothing.
    var killed: String? = ":1\r\n"
    /// Called after that.
    var onKill: (FakePeer) -> Void = { _ in }
    let port: UInt16
    private let loop: EventLoop
    private let listener: Int32
    private var registration: Token?

    init(loop: EventLoop) throws {
        self.loop = loop
        listener = unsafe clinux_listen_tcp("127.0.0.1", 0, 16, 0)
        port = UInt16(clinux_bound_port(listener))
        registration = try loop.register(listener, for: .readable, handler: self)
    }

    var endpoint: RedisEndpoint { RedisEndpoint(address: .tcp(host: "127.0.0.1", port: port)) }

    /// Ends it all; without this the loop keeps the server alive.
    func close() {
        if let registration { loop.deregister(listener, token: registration) }
        registration = nil
        Glibc.close(listener)
        for peer in peers { peer.close() }
    }

    func ready(_ readiness: Readiness) {
        let descriptor = clinux_accept(listener)
        guard descriptor >= 0 else { return }
        peers.append(FakePeer(loop: loop, descriptor: descriptor, number: peers.count + 1, server: self))
    }

    /// A reply to each INFO of a handshake that it is content with.
    static let info = bulk("redis_version:7.0.15\r\nrun_id:1\r\nrole:master\r\n")

    static func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }
}

/// One connection to a `FakeServer`.
final class FakePeer: ReadinessHandler {
    let number: Int
    private(set) var isOpen = true
    private let loop: EventLoop
    private let descriptor: Int32
    private unowned let server: FakeServer
    private var registration: Token?
    private var decoder = ReplyDecoder(mostReplyBytes: 1 << 20)

    init(loop: EventLoop, descriptor: Int32, number: Int, server: FakeServer) {
        self.loop = loop
        self.descriptor = descriptor
        self.number = number
        self.server = server
        registration = try? loop.register(descriptor, for: .readable, handler: self)
    }

    func ready(_ readiness: Readiness) {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = unsafe clinux_receive(descriptor, &chunk, chunk.count)
        guard count > 0 else { return close() }
        decoder.feed(chunk.span.extracting(0..<count))
        while isOpen, case .array(let words)? = try? decoder.next() {
            let words = words.map { String(decoding: $0.bytes ?? [], as: UTF8.self) }
            guard words[0] == "CLIENT", words[1] != "SETNAME" else {
                server.answer(words, self)
                continue
            }
            server.clientCommands.append((number, words))
            guard words[1] == "KILL" else {
                send(":\(number)\r\n")
                continue
            }
            if let killed = server.killed { send(killed) }
            server.onKill(self)
        }
    }

    func send(_ text: String) {
        let bytes = [UInt8](text)
        _ = unsafe clinux_send(descriptor, bytes, bytes.count)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if let registration { loop.deregister(descriptor, token: registration) }
        Glibc.close(descriptor)
    }
}
