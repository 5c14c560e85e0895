import EventLoop

/// How a connection ends once its output was sent.
enum CloseAction: Equatable {
    case close
    /// Send our end of stream, then read and discard for a while: a close with unread input would destroy the answer.
    case linger
}

// DESIGN
// One state for all that a connection can be in the middle of. Each event is a method: it moves the state, returns what
// is to be done, and traps where the event can't happen. The server's reader and sender do it and decide nothing.
// Whether output waits for the socket is an argument, since that may be so in any state but `closed`.

/// How far a connection is with its request, and whether another one may follow.
enum ConnectionState: Equatable {
    /// Nothing of the next request has arrived.
    case idle
    case readingHead
    case readingBody
    /// The handler has the request.
    case answering
    /// The handler has given the head of its answer, and gives the body in parts.
    case streaming
    /// No request is taken any more; the connection ends once its output was sent.
    case finishing(CloseAction)
    /// Our end of stream was sent, and what is received is discarded.
    case lingering
    case closed

    /// Whether the next request may go to the handler.
    var mayRead: Bool {
        switch self {
        case .idle, .readingHead, .readingBody: true
        case .answering, .streaming, .finishing, .lingering, .closed: false
        }
    }

    // MARK: The socket is ready

    enum Reaction: Equatable {
        case none
        case receive
        /// What follows stays in the socket until the answer was sent and the input at hand is used up.
        case holdBack
        case flush
        case discard
        /// The answer is long in coming: either the client has left, or it has sent its next request already.
        case lookForEnd
        case close
    }

    @inline(__always)
    func ready(_ readiness: Readiness, isBlocked: Bool, isQueued: Bool, isWatched: Bool = false) -> Reaction {
        if readiness.contains(.readable), mayRead, !isBlocked, !isQueued { return .receive }
        if self == .closed { return .none }
        if self == .lingering { return .discard }
        if readiness.contains(.writable), isBlocked { return .flush }
        if readiness.contains(.readable) { return isWatched ? .lookForEnd : .holdBack }
        return readiness.isDisjoint(with: .failed) ? .none : .close
    }

    // MARK: A request arrives

    enum Missing: Equatable { case head, body }

    /// A part of a request has arrived.
    ///
    /// - Returns: what is missing from now on; nil where that is nothing new.
    mutating func requestIncomplete(isHeadComplete: Bool) -> Missing? {
        precondition(mayRead, "a request is read while another one is answered")
        let next: ConnectionState = isHeadComplete ? .readingBody : .readingHead
        guard self != next else { return nil }
        precondition(self != .readingBody, "a head that was complete is not any more")
        self = next
        return isHeadComplete ? .body : .head
    }

    /// The handler gets the request.
    mutating func requestArrived() {
        precondition(mayRead, "one request at a time")
        self = .answering
    }

    /// The request is refused, by the server itself.
    mutating func requestRefused() {
        precondition(mayRead, "a request is refused before the handler sees it")
        self = .finishing(.linger)
    }

    // MARK: Answers are sent

    /// The handler has given the head of its answer.
    mutating func streamBegan() {
        precondition(self == .answering, "an answer without a request")
        self = .streaming
    }

    /// The handler has answered, with the last part where it answers in parts.
    ///
    /// - Parameter next: what follows when no more requests are taken; nil where they are.
    mutating func answered(then next: CloseAction?) {
        precondition(self == .answering || self == .streaming, "an answer without a request")
        self = next.map { .finishing($0) } ?? .idle
    }

    enum AfterOutput: Equatable { case goOn, close, linger }

    /// All output was sent.
    mutating func outputSent() -> AfterOutput {
        switch self {
        case .finishing(.close): return .close
        case .finishing(.linger):
            self = .lingering
            return .linger
        default: return .goOn
        }
    }

    enum Awaited: Equatable {
        case nothing, writable, readable
        /// The socket readable, for as long as an idle connection may stay.
        case request
    }

    /// What the connection waits for when nothing more can be done.
    @inline(__always)
    func awaited(isBlocked: Bool, isQueued: Bool, hasInput: Bool, isWatched: Bool = false) -> Awaited {
        if self == .closed || self == .lingering || isQueued { return .nothing }
        if isBlocked { return .writable }
        guard mayRead else { return isWatched ? .readable : .nothing }
        return self == .idle && !hasInput ? .request : .readable
    }

    // MARK: The end

    enum Expiry: Equatable {
        case close
        case closeSlowReader
        /// The missing part of the request did not arrive in time.
        case refuse
    }

    /// Its deadline has passed.
    func expired(isBlocked: Bool) -> Expiry {
        precondition(self != .closed, "a closed connection has no deadline")
        if self == .lingering { return .close }
        if isBlocked { return .closeSlowReader }
        return self == .readingHead || self == .readingBody ? .refuse : .close
    }

    /// The server takes no more requests: an idle connection ends.
    mutating func drained() {
        precondition(self == .idle, "a request is answered before its connection ends")
        self = .finishing(.linger)
    }

    /// False where it was closed before.
    mutating func closed() -> Bool {
        guard self != .closed else { return false }
        self = .closed
        return true
    }
}
