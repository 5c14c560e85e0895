import Glibc

/// Where a listener binds: a numeric address and a port, 0 for any free one.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// IPv4 or IPv6, numeric, without brackets.
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080` or `[::1]:8080`, and `localhost` as 127.0.0.1; nil for other names, missing ports and
    /// anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.init(host: String(host.dropFirst().dropLast()), port: port)
            guard Self.isAddress(self.host, of: AF_INET6) else { return nil }
        } else {
            self.init(host: host == "localhost" ? "127.0.0.1" : String(host), port: port)
            guard Self.isAddress(self.host, of: AF_INET) else { return nil }
        }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private static func isAddress(_ text: String, of family: Int32) -> Bool {
        var address = in6_addr()  // the larger of the two
        return unsafe inet_pton(family, text, &address) == 1
    }
}
