/// What a process does about each signal: the first request to stop is polite, the second ends it at once.
public struct ShutdownSequence: Sendable {
    public enum Signal: Sendable, Equatable {
        case interrupt, terminate, hangup
    }

    public enum Action: Sendable, Equatable {
        case shutdown
        case reload
        /// End now with this status: 128 and the signal's number, as a shell would report it.
        case exit(Int32)
    }

    public private(set) var isStopping = false

    public init() {}

    public mutating func handle(_ signal: Signal) -> Action {
        switch signal {
        case .hangup: return .reload
        case .interrupt, .terminate:
            guard isStopping else {
                isStopping = true
                return .shutdown
            }
            return .exit(signal == .interrupt ? 130 : 143)
        }
    }
}
