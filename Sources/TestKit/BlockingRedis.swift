public import Base

/// A minimal Redis client for reading the store from outside: unix socket, one command at a time. Its own few lines of
/// RESP, so that tests of our client do not check it with itself.
public final class BlockingRedis {
    private let socket: Socket
    private let patience: TimeSpan
    private var pending: [UInt8] = []

    public init(socketPath: String, patience: TimeSpan = .seconds(5)) throws {
        self.patience = patience
        socket = try Socket(path: socketPath, by: Deadline(within: patience))
    }

    @discardableResult
    public func command(_ words: [String]) throws -> RedisReply {
        let deadline = Deadline(within: patience)
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
        try socket.send(bytes, by: deadline)
        return try reply(by: deadline)
    }

    /// Calls of every command so far, nested ones of scripts included; INFO itself left out.
    public func callsByCommand() throws -> [String: Int64] {
        var calls: [String: Int64] = [:]
        for line in try command(["INFO", "commandstats"]).string?.split(separator: "\r\n") ?? [] {
            guard line.hasPrefix("cmdstat_"), let colon = line.firstIndex(of: ":") else { continue }
            let name = String(line[..<colon].dropFirst(8))
            let count = line[colon...].dropFirst().split(separator: ",").first?.split(separator: "=").last
            if name != "info", let count, let number = Int64(count) { calls[name] = number }
        }
        return calls
    }

    // MARK: - Reading

    fileprivate func reply(by deadline: Deadline) throws -> RedisReply {
        let line = try line(by: deadline)
        let rest = String(line.dropFirst())
        switch line.first {
        case "+": return .text(rest)
        case "-": return .error(rest)
        case ":": return Int64(rest).map(RedisReply.integer) ?? .error("bad integer \(rest)")
        case "$":
            guard let length = Int(rest), length >= 0 else { return .null }
            let bytes = try take(length + 2, by: deadline)
            return .text(String(decoding: bytes.dropLast(2), as: UTF8.self))
        case "*":
            guard let count = Int(rest), count >= 0 else { return .null }
            var elements: [RedisReply] = []
            for _ in 0..<count { elements.append(try reply(by: deadline)) }
            return .array(elements)
        default: return .error("not RESP: \(line)")
        }
    }

    private func line(by deadline: Deadline) throws -> String {
        while true {
            if let end = pending.firstIndex(of: 10) {
                defer { pending.removeFirst(end + 1) }
                return String(decoding: pending[..<end].dropLast(), as: UTF8.self)
            }
            try more(by: deadline)
        }
    }

    private func take(_ count: Int, by deadline: Deadline) throws -> [UInt8] {
        while pending.count < count { try more(by: deadline) }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    private func more(by deadline: Deadline) throws {
        let bytes = try socket.receive(by: deadline)
        guard !bytes.isEmpty else { throw SocketError.closed }
        pending += bytes
    }
}

/// Counts what a Redis is sent from outside: whole calls, not the commands a script runs inside.
///
/// INFO's counters mix the two, MONITOR marks the inner ones with `lua`.
public final class CallCounter {
    private let redis: BlockingRedis
    private let mark = "call-counter-\(UInt64.random(in: 0 ... .max))"
    private let other: BlockingRedis

    /// Starts counting.
    public init(socketPath: String) throws {
        redis = try BlockingRedis(socketPath: socketPath)
        other = try BlockingRedis(socketPath: socketPath)
        try redis.command(["MONITOR"])
    }

    /// Ends counting: one line per call since the start, the way MONITOR writes them.
    public func finish() throws -> [String] {
        // A command of our own closes the list, so nothing has to be waited for.
        try other.command(["ECHO", mark])
        var calls: [String] = []
        let deadline = Deadline(within: .seconds(10))
        while let line = try redis.reply(by: deadline).string {
            if line.contains(mark) { break }
            if !line.contains(" lua]") { calls.append(line) }
        }
        return calls
    }
}
