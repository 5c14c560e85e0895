/// Whether calls to a service outside may go out.
public enum BreakerState: Int64, Sendable, CaseIterable {
    case closed = 0
    /// It fails or is too slow: no calls.
    case open = 1
    /// A few calls go out to see whether it serves again.
    case halfOpen = 2
}

extension BreakerState {
    public var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half-open"
        }
    }
}
