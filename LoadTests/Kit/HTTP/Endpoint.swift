/// Where a server listens: always this machine.
///
/// A load test is a weapon: it refuses every host but 127.0.0.0/8, ::1 and `localhost`, which is never looked up.
public struct Endpoint: Sendable, Hashable {
    /// Numeric, without brackets.
    public let address: String
    /// 1...65535.
    public let port: UInt16

    public enum Refusal: Error, Equatable {
        case notAPlainURL
        case notLoopback(String)
    }

    /// Reads `http://host:port`, or `host:port` alone. No path, user or query may follow.
    public init(_ text: String) throws(Refusal) {
        var rest = text[...]
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound] == "http" else { throw .notAPlainURL }
            rest = rest[scheme.upperBound...]
        }
        if rest.hasSuffix("/") { rest.removeLast() }
        guard let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]"),
            let port = Self.decimal(rest[rest.index(after: colon)...], atMost: 65_535), port > 0
        else { throw .notAPlainURL }
        let host = String(rest[..<colon])
        self.port = UInt16(port)
        switch host {
        case "localhost": address = "127.0.0.1"
        case "[::1]": address = "::1"
        default:
            guard Self.isLoopback(host) else { throw .notLoopback(host) }
            address = host
        }
    }

    /// 127.0.0.1 at `loopbackPort`.
    public init(loopbackPort: UInt16) {
        address = "127.0.0.1"
        port = loopbackPort
    }

    /// The value of a `Host` header.
    public var authority: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    public var url: String { "http://\(authority)" }

    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { decimal($0, atMost: 255) != nil }
    }

    private static func decimal(_ digits: Substring, atMost most: Int) -> Int? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(digits), value <= most
        else { return nil }
        return value
    }
}
