/// The line a program of ours writes to stdout once it serves: the word `ready`, then `name=value` pairs or bare URLs.
public struct ReadyLine: Sendable, Equatable {
    public private(set) var fields: [String: String] = [:]
    public private(set) var urls: [String] = []

    /// Nil when the line is another one.
    public init?(_ line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard words.first == "ready" else { return nil }
        for word in words.dropFirst() {
            if word.hasPrefix("http://") || word.hasPrefix("https://") {
                urls.append(String(word))
            } else if let equals = word.firstIndex(of: "=") {
                fields[String(word[..<equals])] = String(word[word.index(after: equals)...])
            }
        }
    }

    public subscript(name: String) -> String? { fields[name] }

    /// The address named `name`, where the line gives one.
    public func endpoint(_ name: String) -> Endpoint? { fields[name].flatMap(Endpoint.init(url:)) }
}

/// Where a server listens.
public struct Endpoint: Sendable, Hashable {
    public let host: String
    public let port: UInt16

    public init(host: String = "127.0.0.1", port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Of `http://host:port`, with or without a path; nil for anything else.
    public init?(url: String) {
        guard url.hasPrefix("http://") else { return nil }
        let authority = url.dropFirst(7).prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":"), let port = UInt16(authority[authority.index(after: colon)...])
        else { return nil }
        self.init(host: String(authority[..<colon]), port: port)
    }

    public var authority: String { "\(host):\(port)" }
}
