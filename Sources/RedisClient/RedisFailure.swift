/// Why a command has no usable reply, classed by what the caller may do.
public enum RedisFailure: Error, Sendable, Equatable {
    /// The store never got the whole command, so it has done nothing: retry at will.
    case unreachable
    /// Sent and not answered: it may have been carried out or not. Send again only what may be carried out twice.
    case outcomeUnknown
    /// The store refused it; whether a retry makes sense depends on the code.
    case refused(RedisErrorReply)
    /// The reply has a shape that the command cannot have: a bug of ours, or not the store we think it is.
    case unexpectedReply
}

/// Receives the one result of a command, on the loop's thread and never before the call that sent it has returned.
public typealias RedisCompletion = (Result<RedisValue, RedisFailure>) -> Void
