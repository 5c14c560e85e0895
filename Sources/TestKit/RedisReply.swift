/// One RESP2 reply.
public enum RedisReply: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case array([RedisReply])
    case null
    case error(String)

    public var string: String? { if case .text(let value) = self { value } else { nil } }
    public var number: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// As text: the parts of an array in lines, an error beginning with its code.
    var lines: String {
        switch self {
        case .text(let text), .error(let text): text
        case .integer(let number): "\(number)"
        case .array(let parts): parts.map(\.lines).joined(separator: "\n")
        case .null: "(nil)"
        }
    }
}
