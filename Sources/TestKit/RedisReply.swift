/// One RESP2 reply.
package enum RedisReply: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case array([RedisReply])
    case null
    case error(String)

    package var string: String? { if case .text(let value) = self { value } else { nil } }
    package var number: Int64? { if case .integer(let value) = self { value } else { nil } }
}
