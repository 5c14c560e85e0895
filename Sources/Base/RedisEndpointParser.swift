extension RedisEndpoint {
    /// Reads `redis://[user[:password]@]host[:port][/database]`, `unix://[user[:password]@]/path[?db=number]`, or the
    /// latter as `redis+unix://`. User, password and path are percent-decoded; the port is 6379 where none is named.
    public init(url: String) throws(RedisEndpointError) {
        let text = url.utf8
        guard let scheme = Self.scheme(of: text) else { throw .unknownScheme }
        switch scheme.name {
        case "redis": try self.init(tcp: scheme.remainder)
        case "unix", "redis+unix": try self.init(unix: scheme.remainder)
        case "rediss": throw .tlsUnsupported
        default: throw .unknownScheme
        }
    }

    private typealias Text = Substring.UTF8View

    private init(tcp remainder: Text) throws(RedisEndpointError) {
        guard !remainder.contains(UInt8(ascii: "?")), !remainder.contains(UInt8(ascii: "#")) else {
            throw .unknownParameter
        }
        let slash = remainder.firstIndex(of: UInt8(ascii: "/")) ?? remainder.endIndex
        let (login, place) = Self.splitLogin(remainder[..<slash])
        let (user, password) = try Self.parse(login: login)
        let (host, port) = try Self.parse(place: place)
        let database = try Self.parse(database: remainder[slash...].dropFirst())
        self.init(address: .tcp(host: host, port: port), user: user, password: password, database: database)
    }

    private init(unix remainder: Text) throws(RedisEndpointError) {
        let question = remainder.firstIndex(of: UInt8(ascii: "?")) ?? remainder.endIndex
        let slash = remainder[..<question].firstIndex(of: UInt8(ascii: "/")) ?? question
        let (login, host) = Self.splitLogin(remainder[..<slash])
        guard host.isEmpty, slash != question else { throw .noPath }
        let (user, password) = try Self.parse(login: login)
        let path = try Self.decode(remainder[slash..<question])
        guard !path.utf8.contains(0) else { throw .badPath }
        guard path.utf8.count <= 107 else { throw .pathTooLong }
        var database: Int32 = 0
        let query = remainder[question...].dropFirst()
        if !query.isEmpty {
            guard query.starts(with: "db=".utf8) else { throw .unknownParameter }
            let number = query.dropFirst(3)
            guard !number.contains(UInt8(ascii: "&")) else { throw .unknownParameter }
            guard !number.isEmpty else { throw .badDatabase }
            database = try Self.parse(database: number)
        }
        self.init(address: .unix(path: path), user: user, password: password, database: database)
    }

    private static func scheme(of text: String.UTF8View) -> (name: String, remainder: Text)? {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), text[colon...].starts(with: "://".utf8) else {
            return nil
        }
        let name = String(Substring(text[..<colon])).lowercased()
        return (name, text[text.index(colon, offsetBy: 3)...])
    }

    /// Parts at the last `@`, so that an unencoded one in a password does no harm.
    private static func splitLogin(_ text: Text) -> (login: Text?, place: Text) {
        guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return (nil, text) }
        return (text[..<at], text[text.index(after: at)...])
    }

    private static func parse(login: Text?) throws(RedisEndpointError) -> (user: String?, password: String?) {
        guard let login else { return (nil, nil) }
        let colon = login.firstIndex(of: UInt8(ascii: ":"))
        let user = try decode(login[..<(colon ?? login.endIndex)])
        guard let colon else { return (user.isEmpty ? nil : user, nil) }
        return (user.isEmpty ? nil : user, try decode(login[login.index(after: colon)...]))
    }

    private static func parse(place: Text) throws(RedisEndpointError) -> (host: String, port: UInt16) {
        var host = place
        var port: Text?
        if place.first == UInt8(ascii: "[") {
            guard let end = place.firstIndex(of: UInt8(ascii: "]")) else { throw .badHost }
            host = place[..<end].dropFirst()
            let remainder = place[end...].dropFirst()
            guard remainder.isEmpty || remainder.first == UInt8(ascii: ":") else { throw .badHost }
            port = remainder.isEmpty ? nil : remainder.dropFirst()
            guard host.contains(UInt8(ascii: ":")) else { throw .badHost }
        } else if let colon = place.firstIndex(of: UInt8(ascii: ":")) {
            host = place[..<colon]
            port = place[place.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .noHost }
        guard host.count <= 253, host.allSatisfy(isHostByte) else { throw .badHost }
        guard let port else { return (String(Substring(host)), 6379) }
        guard port.count <= 5, let number = number(port, as: UInt16.self), number > 0 else { throw .badPort }
        return (String(Substring(host)), number)
    }

    private static func parse(database text: Text) throws(RedisEndpointError) -> Int32 {
        guard !text.isEmpty else { return 0 }
        guard let number = number(text, as: Int32.self) else { throw .badDatabase }
        return number
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        case UInt8(ascii: ":"): true  // inside brackets only: without them the first colon begins the port
        default: false
        }
    }

    /// Digits only: no sign, no space.
    private static func number<Value: FixedWidthInteger>(_ text: Text, as: Value.Type) -> Value? {
        guard text.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return Value(Substring(text))
    }

    private static func decode(_ text: Text) throws(RedisEndpointError) -> String {
        guard let text = percentDecoded(text).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw .badEscape
        }
        return text
    }
}
