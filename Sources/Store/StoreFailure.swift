import RedisClient

/// Why the store gave no usable answer, classed by what the caller may do.
public enum StoreFailure: Error, Sendable, Equatable {
    /// Nothing was sent: retry at will.
    case unreachable
    /// It may have been carried out or not; send again only what may be carried out twice.
    case outcomeUnknown
    /// The store is full, loading, read-only or can't write its log: it has done nothing.
    case refused(String)
    /// No such item.
    case unknownItem
    /// The item belongs to an earlier life of the store; the leader will reopen it.
    case stale
    /// The name belongs to another incarnation now: read the item afresh.
    case otherIncarnation
    /// A reply of an impossible shape: a bug of ours.
    case unexpectedReply

    /// The store refuses such calls for now, which is reported as an impairment, so this one need not be reported.
    public var isImpairment: Bool {
        guard case .refused(let text) = self else { return false }
        switch RedisErrorReply(line: text).rule {
        case .refusesWrites: return true
        case .givesUp, .refusesCommand: return false
        }
    }

    init(_ failure: RedisFailure) {
        self =
            switch failure {
            case .unreachable: .unreachable
            case .outcomeUnknown: .outcomeUnknown
            case .refused(let error): .refused(error.description)
            case .unexpectedReply: .unexpectedReply
            }
    }

    /// The refusal that every script may answer, as the first number of its reply.
    init?(status: Int64) {
        switch ItemRefusalCode(rawValue: status) {
        case .noSuchItem: self = .unknownItem
        case .staleBoot: self = .stale
        case .otherIncarnation: self = .otherIncarnation
        case nil: return nil
        }
    }
}
