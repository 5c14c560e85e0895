/// Where a Redis listens and who asks: `redis://[user:password@]host[:port][/db]` or
/// `unix://[user:password@]/path[?db=N]`.
public struct RedisAddress: Equatable, Sendable {
    public enum Place: Equatable, Sendable, CustomStringConvertible {
        case tcp(host: String, port: UInt16)
        case unix(path: String)

        /// As people write it: `127.0.0.1:6379`, `[::1]:6379`, `/run/redis.sock`.
        public var description: String {
            switch self {
            case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): path
            }
        }
    }

    public let place: Place
    public var user: String?
    public var password: String?
    public var database: Int = 0

    public init(place: Place) { self.place = place }

    public init?(_ url: String) {
        let isUnix = url.hasPrefix("unix://")
        guard isUnix || url.hasPrefix("redis://") else { return nil }
        var rest = url.dropFirst(isUnix ? 7 : 8)
        var userInfo: Substring?
        // A password may hold an @ of its own only when it is percent-encoded.
        if let at = rest.firstIndex(of: "@") {
            userInfo = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        let parts = rest.split(separator: isUnix ? "?" : "/", maxSplits: 1)
        guard let location = parts.first else { return nil }
        if isUnix {
            guard location.hasPrefix("/") else { return nil }
            place = .unix(path: String(location))
        } else {
            guard let tcp = Self.tcp(location) else { return nil }
            place = tcp
        }
        if parts.count == 2 {
            let text = isUnix && parts[1].hasPrefix("db=") ? parts[1].dropFirst(3) : parts[1]
            guard let number = Int(text), number >= 0 else { return nil }
            database = number
        }
        if let userInfo {
            let pair = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(decoded)
            guard pair.count == 2 else { return nil }
            user = pair[0].isEmpty ? nil : pair[0]
            password = pair[1]
        }
    }

    private static func tcp(_ location: Substring) -> Place? {
        if location.hasPrefix("["), let end = location.firstIndex(of: "]") {
            let host = String(location[location.index(after: location.startIndex)..<end])
            let tail = location[location.index(after: end)...]
            if tail.isEmpty { return .tcp(host: host, port: 6379) }
            return tail.hasPrefix(":") ? UInt16(tail.dropFirst()).map { .tcp(host: host, port: $0) } : nil
        }
        let pair = location.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = pair.first, !host.isEmpty else { return nil }
        if pair.count == 1 { return .tcp(host: String(host), port: 6379) }
        return UInt16(pair[1]).map { .tcp(host: String(host), port: $0) }
    }
}

private func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
