public import Base
import CLinux
import EventLoop
import Glibc

/// What Redis answered to one command.
public enum RedisReply: Equatable, Sendable {
    case text(String)
    case error(String)
    case integer(Int64)
    case array([RedisReply])
    case null

    public var string: String? {
        switch self {
        case .text(let text): text
        case .integer(let value): String(value)
        default: nil
        }
    }
}

/// A few blocking questions to a Redis, each within a deadline: for start-up and for `doctor`, never for a purchase.
public final class RedisProbe {
    private static let bytesAtMost = 1 << 20
    private let descriptor: Int32
    private let patience: TimeSpan
    private var deadline: MonotonicInstant
    private var unread: [UInt8] = []

    /// Connects, authenticates and selects as the address says.
    ///
    /// - Throws: code `failed`, when nobody listens there or the login is refused.
    public init(_ address: RedisAddress, patience: TimeSpan) throws(Failure) {
        self.patience = patience
        deadline = EventLoop.readMonotonicClock() + patience
        switch address.place {
        case .unix(let path): descriptor = unsafe clinux_connect_unix(path)
        case .tcp(let host, let port): descriptor = unsafe clinux_connect_tcp(try Self.resolve(host), port)
        }
        guard descriptor >= 0 else { throw fileFailure("\(address.place)") }
        try wait(for: POLLOUT)
        let error = clinux_socket_error(descriptor)
        guard error == 0 else { throw unsafe Failure(.failed, "\(address.place): \(String(cString: strerror(error)))") }
        if let password = address.password { try demand(["AUTH"] + (address.user.map { [$0] } ?? []) + [password]) }
        if address.database != 0 { try demand(["SELECT", String(address.database)]) }
    }

    deinit { close(descriptor) }

    private static func resolve(_ host: String) throws(Failure) -> String {
        var numeric = [CChar](repeating: 0, count: 64)
        guard unsafe clinux_resolve(host, &numeric, Int32(numeric.count)) == 0 else {
            throw Failure(.failed, "\(host): no such host")
        }
        return String(decoding: numeric.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func demand(_ words: [String]) throws(Failure) {
        if case .error(let text) = try call(words) { throw Failure(.failed, "\(words[0]): \(text)") }
    }

    /// The answer to one command; an error reply is an answer.
    public func call(_ words: [String]) throws(Failure) -> RedisReply {
        deadline = EventLoop.readMonotonicClock() + patience
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
        var sent = 0
        while sent < bytes.count {
            try wait(for: POLLOUT)
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe clinux_send(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno != EAGAIN { throw fileFailure("Redis") }
            sent += max(0, count)
        }
        return try reply(depth: 0)
    }

    private func reply(depth: Int) throws(Failure) -> RedisReply {
        let line = try self.line()
        let rest = String(line.dropFirst())
        switch (line.first, Int64(rest)) {
        case ("+", _): return .text(rest)
        case ("-", _): return .error(rest)
        case (":", let value?): return .integer(value)
        case ("$", -1), ("*", -1): return .null
        case ("$", let count?) where (0...Int64(Self.bytesAtMost)).contains(count):
            return .text(String(decoding: try take(Int(count) + 2).dropLast(2), as: UTF8.self))
        case ("*", let count?) where (0...1_024).contains(count) && depth < 4:
            var elements: [RedisReply] = []
            for _ in 0..<count { elements.append(try reply(depth: depth + 1)) }
            return .array(elements)
        default: throw Failure(.failed, "what answers there is not Redis")
        }
    }

    private func line() throws(Failure) -> String {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                return String(decoding: try take(end + 1).dropLast(2), as: UTF8.self)
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws(Failure) -> [UInt8] {
        while unread.count < count { try receive() }
        defer { unread.removeFirst(count) }
        return Array(unread.prefix(count))
    }

    private func receive() throws(Failure) {
        guard unread.count < 2 * Self.bytesAtMost else { throw Failure(.failed, "what answers there is not Redis") }
        try wait(for: POLLIN)
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe clinux_receive(descriptor, &chunk, chunk.count)
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else { throw Failure(.failed, "Redis closed the connection") }
        unread += chunk[..<count]
    }

    private func wait(for events: Int32) throws(Failure) {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let left = max(0, (deadline - EventLoop.readMonotonicClock()).wholeMilliseconds)
        guard unsafe poll(&entry, 1, Int32(left)) > 0 else { throw Failure(.failed, "Redis did not answer in time") }
    }
}
