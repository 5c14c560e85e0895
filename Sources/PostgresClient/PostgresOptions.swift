public import Base

/// Where the server is and how its connections behave.
public struct PostgresOptions: Sendable {
    public let url: String
    /// Shown by `pg_stat_activity`, where the URL names no other.
    public var name = "sluice"
    /// For the whole of a statement, where the call names no other.
    public var deadline: TimeSpan = .seconds(2)
    /// From the start of an attempt until ready.
    public var connectDeadline: TimeSpan = .seconds(3)
    public var backoff = Backoff.Bounds()
    /// Of the jitter between attempts.
    public var seed = UInt64.random(in: .min ... .max)

    /// - Parameter url: `postgresql://[user[:password]@][host][:port][/database][?name=value]`, as libpq reads it; TLS
    ///   is a matter of its `sslmode`. A host's name is resolved at every attempt, which blocks the loop.
    public init(url: String) throws(InvalidPostgresURL) {
        guard LibPQ.isURL(url) else { throw InvalidPostgresURL() }
        self.url = url
    }
}

/// A text that libpq can't read as a URL. It is not shown, since a password may stand in it.
public struct InvalidPostgresURL: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String {
        "not a URL that libpq reads: postgresql://[user[:password]@][host][:port][/database][?name=value], "
            + "percent-encoded"
    }
}
