/// The rows that a statement answered with, values as text.
public struct PostgresRows: Sendable, Equatable {
    public let columnCount: Int
    private let values: [String?]  // row after row
    /// Rows that a statement without an answer changed.
    public let affected: Int

    init(columnCount: Int, values: [String?], affected: Int) {
        self.columnCount = columnCount
        self.values = values
        self.affected = affected
    }

    public var count: Int { columnCount == 0 ? 0 : values.count / columnCount }

    /// Nil where the value is null.
    public subscript(row: Int, column: Int) -> String? {
        precondition((0..<columnCount).contains(column), "no such column")
        return values[row * columnCount + column]
    }
}

/// The server refused a statement, and has undone it as a whole.
public struct PostgresRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// SQLSTATE, five characters: what programs read.
    public let code: String
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code) \(message)" }
}

/// Why a statement has no usable answer, classed by what the caller may do.
public enum PostgresFailure: Error, Sendable, Equatable {
    /// The server never got the whole statement, so it has done nothing: retry at will.
    case unreachable
    /// Sent, and not answered: it may have been carried out. Retry only what may be done twice.
    case outcomeUnknown
    /// Undone by the server; whether a retry makes sense depends on the code.
    case refused(PostgresRefusal)
}

/// Receives the one result of a statement, on the loop's thread and never before the call that sent it has returned.
public typealias PostgresCompletion = (Result<PostgresRows, PostgresFailure>) -> Void

/// Why a connection is not usable at the moment. Every one of them is followed by another attempt.
public enum PostgresDown: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection came about; libpq's message.
    case unconnected(String)
    /// A connection ended that had come about.
    case lost(String)
    /// Connecting, or an answer, took longer than its deadline.
    case silent
    /// The server refused the connection or its set-up: wrong password, no such database, too many clients.
    case refused(PostgresRefusal)

    public var description: String {
        switch self {
        case .unconnected(let cause): "no connection: \(cause)"
        case .lost(let cause): "connection lost: \(cause)"
        case .silent: "no answer within the deadline"
        case .refused(let refusal): "refused by the server: \(refusal)"
        }
    }
}
