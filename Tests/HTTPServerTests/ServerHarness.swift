import Base
import CLinux
import EventLoop
import Glibc

@testable import HTTPServer

/// A handler made of a closure, which keeps the exchanges it did not answer.
final class TestHandler: HTTPHandler {
    var server: HTTPServer?
    var seen: [String] = []
    var waiting: [ExchangeID] = []
    /// nil answers at once with the path as the body.
    var onRequest: ((borrowing Request, ExchangeID) -> Void)?

    func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let path = request.withPath { String(decoding: Array(copying: $0), as: UTF8.self) }
        seen.append(path)
        if let onRequest { return onRequest(request, exchange) }
        if path.hasPrefix("/later") {
            waiting.append(exchange)
        } else {
            answer(exchange, path)
        }
    }

    func answer(_ exchange: ExchangeID, _ text: String) {
        server?.respond(to: exchange) { $0.body.append(utf8: text) }
    }
}

extension Array where Element == UInt8 {
    init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}

/// A server on a free port of loopback, with its loop in the test's hands.
final class Harness {
    let loop: EventLoop
    let handler = TestHandler()
    let server: HTTPServer

    init(_ adjust: (inout ServerLimits) -> Void = { _ in }) throws {
        loop = try EventLoop()
        var limits = ServerLimits.publicListener
        adjust(&limits)
        server = try HTTPServer(
            loop: loop, address: "127.0.0.1", port: 0, limits: limits, handler: handler, reusePort: false)
        handler.server = server
    }

    deinit {
        server.close()
        handler.server = nil
    }

    func connect() -> TestClient { TestClient(port: server.port, loop: loop) }

    /// Turns the loop until `condition` holds; false when it does not within 10 s.
    @discardableResult
    func turn(until condition: () -> Bool) -> Bool { loop.turn(until: condition) }

    /// Sends a whole conversation on a new connection and reads until the server ends it or is silent after `answers`.
    func exchange(_ input: String, answers: Int) -> String {
        let client = connect()
        client.send(input)
        turn {
            client.receive(); return client.isEnded || client.answers.count >= answers
        }
        return client.text
    }
}

extension EventLoop {
    func turn(until condition: () -> Bool) -> Bool {
        let end = EventLoop.readMonotonicClock() + .seconds(10)
        while !condition() {
            guard EventLoop.readMonotonicClock() < end else { return false }
            turn(waitAtMost: .milliseconds(1))
        }
        return true
    }
}

/// The other end of a connection, driven from the same thread.
final class TestClient {
    let descriptor: Int32
    private let loop: EventLoop
    private(set) var received: [UInt8] = []
    private(set) var isEnded = false
    private(set) var wasReset = false
    private var isOpen = true

    init(port: UInt16, loop: EventLoop) {
        self.loop = loop
        descriptor = unsafe clinux_connect_tcp("127.0.0.1", port)
        precondition(descriptor >= 0)
        precondition(loop.turn { clinux_socket_error(descriptor) == 0 })
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Closes so that the other side sees a reset instead of an end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func finishSending() { _ = clinux_shutdown_write(descriptor) }

    @discardableResult
    func send(_ text: String) -> Int { send(text.latin1) }

    /// Returns how many bytes the socket took.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int { unsafe clinux_send(descriptor, bytes, bytes.count) }

    /// Takes what has arrived.
    func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnded {
            let count = unsafe clinux_receive(descriptor, &buffer, buffer.count)
            if count > 0 {
                received += buffer[..<count]
            } else {
                if count < 0, clinux_errno() == EAGAIN { return }
                wasReset = count < 0
                isEnded = true
            }
        }
    }

    /// Turns the loop until the server has ended the connection.
    func awaitEnd() -> Bool {
        loop.turn {
            receive(); return isEnded
        }
    }

    /// Turns the loop until so many whole answers are there.
    func await(_ count: Int) -> Bool {
        loop.turn {
            receive(); return answers.count >= count
        }
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// The answers so far, as `STATUS body`.
    var answers: [String] {
        var found: [String] = []
        var rest = text[...]
        while let end = rest.range(of: "\r\n\r\n") {
            let head = rest[..<end.lowerBound]
            rest = rest[end.upperBound...]
            let status = head.dropFirst(9).prefix(3)
            if status == "100" { continue }
            let length = head.range(of: "Content-Length: ").map { head[$0.upperBound...].prefix { $0.isNumber } }
            let count = length.flatMap { Int($0) } ?? 0
            guard rest.utf8.count >= count else { break }
            let bodyEnd = rest.utf8.index(rest.startIndex, offsetBy: count)
            found.append("\(status) \(rest[..<bodyEnd])")
            rest = rest[bodyEnd...]
        }
        return found
    }
}

extension Substring {
    /// Where `pattern` stands first.
    func range(of pattern: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].unicodeScalars.starts(with: pattern.unicodeScalars) {
                return start..<unicodeScalars.index(start, offsetBy: pattern.unicodeScalars.count)
            }
            start = unicodeScalars.index(after: start)
        }
        return nil
    }
}

extension TestClient {
    /// True when nobody listens on `port`.
    static func isRefused(port: UInt16) -> Bool {
        let descriptor = unsafe clinux_connect_tcp("127.0.0.1", port)
        guard descriptor >= 0 else { return true }
        defer { Glibc.close(descriptor) }
        return clinux_socket_error(descriptor) == ECONNREFUSED
    }
}
