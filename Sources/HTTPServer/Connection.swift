import Base
import EventLoop

/// How far the request is that a connection is receiving.
enum RequestStage {
    /// Nothing of it has come.
    case idle
    case head
    case body
    /// The handler has it.
    case answering
}

/// What becomes of a connection once its output has left.
enum ConnectionFate {
    case keep
    case close
    /// Send our end of stream, then read and discard for a while: a close with unread input would destroy the answer.
    case linger
    /// That is under way.
    case lingering
}

/// A request that has come in part, as far as it is understood.
final class PartialRequest {
    var parser: RequestParser

    init(_ parser: RequestParser) { self.parser = parser }
}

/// A connection in the hands of a round, not counted as a reference: that was a tenth of what a request cost us.
///
/// Safe because the server keeps what it closes until the round is over.
@safe struct HeldConnection {
    private let reference: Unmanaged<Connection>

    init(_ connection: Connection) { unsafe reference = .passUnretained(connection) }

    /// Nil where nothing is behind the token any more.
    init?(_ token: Token, in connections: borrowing Slab<Connection>) {
        guard let found = unsafe connections.uncounted(token) else { return nil }
        unsafe reference = found
    }

    @inline(__always)
    func use<Result>(_ body: (Connection) -> Result) -> Result {
        unsafe reference._withUnsafeGuaranteedRef(body)
    }

    @inline(__always)
    func isSame(as connection: Connection) -> Bool {
        unsafe reference.toOpaque() == Unmanaged.passUnretained(connection).toOpaque()
    }
}

/// The state of one accepted socket. It holds input only while a request is incomplete or waits for its turn, so an
/// idle one costs its fields and nothing else. What every request touches stands together, in two cache lines: with
/// many connections each line comes from far.
final class Connection: ReadinessHandler {
    let descriptor: Int32
    var stage = RequestStage.idle
    var fate = ConnectionFate.keep
    var isClosed = false
    /// In the server's list of those to go on with.
    var isQueued = false
    // What the answer to its last request depends on.
    var answersHead = false
    var keepsAlive = true
    var isHTTP10 = false
    /// What the handler calls its last request; see `RequestTimes`.
    var kind: UInt8 = 0
    /// The number of the request that the handler has or had last.
    var exchange: UInt32 = 0
    var interest = Interest.readable
    private let server: HTTPServer
    /// Its address in the server.
    var id = Token(slot: 0, generation: 0)
    var loopToken = Token(slot: 0, generation: 0)
    /// When the turn began in which its last request was read.
    var readAt = MonotonicInstant(nanoseconds: 0)

    var input: [UInt8] = []
    /// Nil in the usual case that a request comes whole.
    var partial: PartialRequest?
    var output: [UInt8] = []
    var outputSent = 0

    /// When to look at it next; `nil` while there is no hurry. The timer may be earlier, and is then set anew.
    var deadline: MonotonicInstant?
    var timer: Token?
    var timerTime = MonotonicInstant(nanoseconds: 0)
    var discarded = 0

    init(descriptor: Int32, server: HTTPServer) {
        self.descriptor = descriptor
        self.server = server
    }

    var isBlocked: Bool { outputSent < output.count }

    /// True when the next request may go to the handler.
    var mayHandle: Bool { stage != .answering && fate == .keep && !isBlocked && !isClosed }

    /// True while the exchange waits for its answer.
    func awaits(_ exchange: ExchangeID) -> Bool {
        stage == .answering && self.exchange == exchange.number && id == exchange.connection && !isClosed
    }

    func ready(_ readiness: Readiness) { server.ready(self, readiness) }
}
