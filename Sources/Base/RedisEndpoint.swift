/// Where a store is, the login there, and the database; named by one URL.
public struct RedisEndpoint: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public enum Address: Sendable, Equatable, CustomStringConvertible {
        /// A name or a numeric address, and a port in 1...65535.
        case tcp(host: String, port: UInt16)
        /// A socket file, at most 107 bytes.
        case unix(path: String)

        /// As people write it: `127.0.0.1:6379`, `[::1]:6379`, `/run/redis.sock`.
        public var description: String {
            switch self {
            case .tcp(let host, let port):
                host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): path
            }
        }
    }

    public var address: Address
    public var user: String?
    public var password: String?
    public var database: Int32  // 0 is the one that every connection begins with

    public init(address: Address, user: String? = nil, password: String? = nil, database: Int32 = 0) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
    }

    /// The URL with the password masked; fit for logs.
    public var description: String {
        let login = user == nil && password == nil ? "" : "\(user ?? "")\(password == nil ? "" : ":***")@"
        return switch address {
        case .tcp: "redis://\(login)\(address)/\(database)"
        case .unix: "unix://\(login)\(address)?db=\(database)"
        }
    }

    public var debugDescription: String { description }

    /// Keeps `dump` and failed tests from showing the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// What is wrong with the URL of a store. No case carries any text of it: a misplaced `@` would show the password.
public enum RedisEndpointError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownScheme, tlsUnsupported, badEscape, noHost, badHost, badPort, badDatabase, noPath, badPath, pathTooLong
    case unknownParameter

    public var description: String {
        switch self {
        case .unknownScheme: "the store's URL must begin with redis://, unix:// or redis+unix://"
        case .tlsUnsupported: "rediss:// is not supported: use a unix socket, or a TLS proxy on this host"
        case .badEscape: "the store's URL has a % that is not followed by two hexadecimal digits of valid UTF-8"
        case .noHost: "the store's URL has no host: redis://[user[:password]@]host[:port][/database]"
        case .badHost:
            "the host in the store's URL has a character that no host has (encode / @ : in a password as %2F %40 %3A)"
        case .badPort: "the port in the store's URL is not a number in 1...65535"
        case .badDatabase: "the database in the store's URL is not a number from 0"
        case .noPath: "the store's URL has no absolute path: unix:///path/to/socket[?db=number]"
        case .badPath: "the socket path in the store's URL contains a zero byte"
        case .pathTooLong: "the socket path in the store's URL is longer than 107 bytes"
        case .unknownParameter: "the store's URL has a parameter other than db, or any on redis://"
        }
    }
}
