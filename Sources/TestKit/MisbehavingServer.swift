public import Base
import CLinux
import EventLoop
import Glibc

/// An HTTP/1.1 server on a thread of its own that answers as a test wants, also as no server should.
///
/// It ends with its last reference. `answer` runs on the server's thread, for one request after the other.
public final class MisbehavingServer: Sendable {
    public struct Call: Sendable {
        public var number: Int  // from 1, in order of arrival
        public var connection: Int  // from 1
        public var line: String
        /// Names in lower case.
        public var fields: [String: String]
        public var body: String
        /// The whole request as it came.
        public var text: String
    }

    public indirect enum Answer: Sendable {
        /// The body's length is added, and the connection stays open.
        case reply(status: Int, fields: [String] = [], body: String = "")
        /// Bytes as they are; the connection stays open.
        case raw(String)
        /// Bytes as they are, then the connection ends in order.
        case cut(String)
        /// No answer at all; the connection stays open.
        case silence
        case after(TimeSpan, Answer)
        /// The connection ends in order, without an answer.
        case close
        /// The connection ends with a reset.
        case reset
    }

    public let port: UInt16
    private let remote: EventLoop.Remote
    private let thread: LoopThread
    private let received = Guarded<[Call]>([])

    public init(answer: @escaping @Sendable (Call) -> Answer) throws {
        let listener = unsafe clinux_listen_tcp("127.0.0.1", 0, 512, 0)
        guard listener >= 0 else { throw SystemError(call: "listen") }
        port = UInt16(clinux_bound_port(listener))
        let loop = LoopThread.Handover<EventLoop.Remote>()
        let received = received
        thread = LoopThread {
            guard let own = try? EventLoop() else { return }
            let server = ServerLoop(loop: own, listener: listener) { call in
                received.change { $0.append(call) }
                return answer(call)
            }
            server.start()
            loop.put(own.remote)
            own.run()
            server.end()
        }
        remote = loop.take()
    }

    deinit {
        remote.stop()
        thread.join()
    }

    public var url: String { "http://127.0.0.1:\(port)" }
    public var endpoint: Endpoint { Endpoint(port: port) }
    /// What has come so far.
    public var calls: [Call] { received.current }
}

extension LoopThread {
    /// Carries one value from a new thread to the one that waits for it.
    final class Handover<Value: Sendable>: Sendable {
        private let value = Locked<Value?>(nil)

        func put(_ new: Value) { value.withLock { $0 = new } }

        func take() -> Value {
            while true {
                if let value = value.withLock({ $0 }) { return value }
                sched_yield()
            }
        }
    }
}

private final class ServerLoop: ReadinessHandler {
    private let loop: EventLoop
    private let listener: Int32
    private let answer: @Sendable (MisbehavingServer.Call) -> MisbehavingServer.Answer
    private var token: Token?
    private var connections: [Int: ServerConnection] = [:]
    private var accepted = 0
    private var calls = 0

    init(
        loop: EventLoop, listener: Int32,
        answer: @escaping @Sendable (MisbehavingServer.Call) -> MisbehavingServer.Answer
    ) {
        self.loop = loop
        self.listener = listener
        self.answer = answer
    }

    func start() { token = try? loop.register(listener, for: .readable, handler: self) }

    func end() {
        for connection in connections.values { connection.end(reset: false) }
        if let token { loop.deregister(listener, token: token) }
        close(listener)
    }

    func ready(_ readiness: Readiness) {
        while true {
            let descriptor = clinux_accept(listener)
            guard descriptor >= 0 else { return }
            accepted += 1
            let number = accepted
            let connection = ServerConnection(loop: loop, descriptor: descriptor)
            connections[number] = connection
            connection.onRequest = { [unowned self, unowned connection] request in
                calls += 1
                var call = request
                (call.number, call.connection) = (calls, number)
                connection.perform(answer(call))
            }
            connection.onEnd = { [unowned self] in connections[number] = nil }
            connection.start()
        }
    }
}

private final class ServerConnection: ReadinessHandler {
    private let loop: EventLoop
    private let descriptor: Int32
    private var token: Token?
    private var input: [UInt8] = []
    var onRequest: (MisbehavingServer.Call) -> Void = { _ in }
    var onEnd: () -> Void = {}

    init(loop: EventLoop, descriptor: Int32) {
        self.loop = loop
        self.descriptor = descriptor
    }

    func start() { token = try? loop.register(descriptor, for: .readable, handler: self) }

    func ready(_ readiness: Readiness) {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe clinux_receive(descriptor, &bytes, bytes.count)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { end(reset: false) }
            return
        }
        input += bytes[..<count]
        while token != nil, let request = nextRequest() { onRequest(request) }
    }

    /// The next whole request, its numbers still 0.
    private func nextRequest() -> MisbehavingServer.Call? {
        guard let end = headEnd() else { return nil }
        let lines = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = fields["content-length"].flatMap { Int($0) } ?? 0
        guard input.count >= end + 4 + length else { return nil }
        let text = String(decoding: input[..<(end + 4 + length)], as: UTF8.self)
        let body = String(decoding: input[(end + 4)..<(end + 4 + length)], as: UTF8.self)
        input.removeFirst(end + 4 + length)
        return MisbehavingServer.Call(
            number: 0, connection: 0, line: lines.first ?? "", fields: fields, body: body, text: text)
    }

    /// Where the empty line begins.
    private func headEnd() -> Int? {
        var at = 0
        while at + 3 < input.count {
            if input[at] == 13, input[at + 1] == 10, input[at + 2] == 13, input[at + 3] == 10 { return at }
            at += 1
        }
        return nil
    }

    func perform(_ answer: MisbehavingServer.Answer) {
        guard token != nil else { return }
        switch answer {
        case .reply(let status, let fields, let body):
            let head = ["HTTP/1.1 \(status) Whatever", "Content-Length: \(body.utf8.count)"] + fields
            write(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
        case .raw(let text): write(text)
        case .cut(let text):
            write(text)
            end(reset: false)
        case .silence: break
        case .after(let span, let answer): loop.schedule(after: span) { [weak self] in self?.perform(answer) }
        case .close: end(reset: false)
        case .reset: end(reset: true)
        }
    }

    /// Answers are small: what the kernel does not take at once is lost.
    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe clinux_send(descriptor, bytes, bytes.count)
    }

    func end(reset: Bool) {
        guard let token else { return }
        self.token = nil
        loop.deregister(descriptor, token: token)
        if reset {
            var now = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        }
        close(descriptor)
        onEnd()
    }
}
