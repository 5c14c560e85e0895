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

/// The state of one accepted socket. It holds input only while a request is incomplete or waits for its turn, so an
/// idle one costs its fields and nothing else.
final class Connection: ReadinessHandler {
    let descriptor: Int32
    private let server: HTTPServer
    /// Its address in the server.
    var id = Token(slot: 0, generation: 0)
    var loopToken = Token(slot: 0, generation: 0)
    var isClosed = false

    var parser: RequestParser
    var stage = RequestStage.idle
    var input: [UInt8] = []
    /// The number of the request that the handler has or had last.
    var exchange: UInt32 = 0
    // What its answer depends on.
    var answersHead = false
    var keepsAlive = true
    var isHTTP10 = false
    /// In the server's list of those to go on with.
    var isQueued = false

    var output: [UInt8] = []
    var outputSent = 0
    var fate = ConnectionFate.keep
    var discarded = 0
    var interest = Interest.readable

    /// When to look at it next; `nil` while there is no hurry. The timer may be earlier, and is then set anew.
    var deadline: MonotonicInstant?
    var timer: Token?
    var timerTime = MonotonicInstant(nanoseconds: 0)

    init(descriptor: Int32, server: HTTPServer, parser: RequestParser) {
        self.descriptor = descriptor
        self.server = server
        self.parser = parser
    }

    var isBlocked: Bool { outputSent < output.count }

    /// True when the next request may go to the handler.
    var mayHandle: Bool { stage != .answering && fate == .keep && !isBlocked && !isClosed }

    func ready(_ readiness: Readiness) { server.ready(self, readiness) }
}
