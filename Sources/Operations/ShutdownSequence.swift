/// What a process does at each request to stop: the first one is polite, the second ends it at once.
public struct ShutdownSequence: Sendable {
    public enum Signal: Sendable, Equatable {
        case interrupt, terminate
    }

    public enum Action: Sendable, Equatable {
        case shutdown
        /// End now with this status: 128 and the signal's number, as a shell would report it.
        case exit(Int32)
    }

    public private(set) var isStopping = false

    public init() {}

    public mutating func handle(_ signal: Signal) -> Action {
        guard isStopping else {
            isStopping = true
            return .shutdown
        }
        return .exit(signal == .interrupt ? 130 : 143)
    }
}
