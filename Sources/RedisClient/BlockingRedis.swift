public import Base
import CLinux
import EventLoop
import Glibc

/// A connection to a store that waits for each answer, within a deadline: for start-up and for `sluice doctor`, never
/// for a purchase.
public final class BlockingRedis {
    /// No server listens there, the login is refused, no answer came in time, or what answers is no Redis.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public let description: String

        init(_ description: String) { self.description = description }

        fileprivate init(system subject: String) {
            self.init("\(subject): \(unsafe String(cString: strerror(errno)))")
        }
    }

    private static let mostReplyBytes = 1 << 20
    private let descriptor: Int32
    private let patience: TimeSpan
    private var deadline: MonotonicInstant
    private var decoder = ReplyDecoder(mostReplyBytes: BlockingRedis.mostReplyBytes)

    /// Connects, authenticates and selects as the endpoint says.
    public init(_ endpoint: RedisEndpoint, patience: TimeSpan) throws(Failure) {
        self.patience = patience
        deadline = EventLoop.readMonotonicClock() + patience
        switch endpoint.address {
        case .unix(let path): descriptor = unsafe clinux_connect_unix(path)
        case .tcp(let host, let port):
            guard let numeric = HostAddress.numeric(of: host) else { throw Failure("\(host): no such host") }
            descriptor = unsafe clinux_connect_tcp(numeric, port)
        }
        guard descriptor >= 0 else { throw Failure(system: "\(endpoint.address)") }
        try wait(for: POLLOUT)
        let error = clinux_socket_error(descriptor)
        guard error == 0 else { throw Failure("\(endpoint.address): \(unsafe String(cString: strerror(error)))") }
        if let password = endpoint.password {
            try demand(["AUTH"] + (endpoint.user.map { [$0] } ?? []) + [password])
        }
        if endpoint.database != 0 { try demand(["SELECT", String(endpoint.database)]) }
    }

    deinit { close(descriptor) }

    private func demand(_ words: [String]) throws(Failure) {
        if case .error(let reply) = try call(words) { throw Failure("\(words[0]): \(reply)") }
    }

    /// The answer to one command; an error reply is an answer.
    public func call(_ words: [String]) throws(Failure) -> RedisValue {
        deadline = EventLoop.readMonotonicClock() + patience
        var writer = CommandWriter()
        writer.command(words)
        var unsent = writer.output.bytes[...]
        while !unsent.isEmpty {
            try wait(for: POLLOUT)
            let count = unsafe unsent.withUnsafeBytes { unsafe clinux_send(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EAGAIN { throw Failure(system: "Redis") }
            unsent = unsent.dropFirst(max(0, count))
        }
        while true {
            do throws(ProtocolError) {
                if let reply = try decoder.next() { return reply }
            } catch {
                throw Failure("what answers there is not Redis")
            }
            try receive()
        }
    }

    private func receive() throws(Failure) {
        try wait(for: POLLIN)
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe clinux_receive(descriptor, &chunk, chunk.count)
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else { throw Failure("Redis closed the connection") }
        decoder.feed(chunk.span.extracting(0..<count))
    }

    private func wait(for events: Int32) throws(Failure) {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let remaining = max(0, (deadline - EventLoop.readMonotonicClock()).wholeMilliseconds)
        guard unsafe poll(&entry, 1, Int32(remaining)) > 0 else { throw Failure("Redis did not answer in time") }
    }
}

extension RedisValue {
    /// A string, a status or a number as text; nil for the others.
    public var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let status): status
        case .integer(let value): String(value)
        case .null, .array, .error: nil
        }
    }
}
