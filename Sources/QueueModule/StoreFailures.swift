import Store

/// Turns failures of the store into refusals of clients, and counts them.
final class StoreFailures {
    private(set) var count: UInt64 = 0

    func problem(_ failure: StoreFailure) -> Problem {
        if failure == .unknownItem { return .unknownItem }
        count += 1
        switch failure {
        case .unknownItem: return .unknownItem
        case .stale, .otherIncarnation: return .degraded
        case .unreachable, .outcomeUnknown, .refused, .unexpectedReply: return .storeUnavailable
        }
    }
}
