import Base
import EventLoop

/// A connection as a batch holds it, without counting a reference: the counts were a tenth of what a request cost.
///
/// Safe because the table keeps what is closed until the batch has ended.
@safe struct HeldConnection {
    private let reference: Unmanaged<Connection>

    init(_ connection: Connection) { unsafe reference = .passUnretained(connection) }

    /// Nil where the token's connection was closed.
    init?(_ token: Token, in connections: borrowing Slab<Connection>) {
        guard let found = unsafe connections.uncounted(token) else { return nil }
        unsafe reference = found
    }

    @inline(__always)
    func use<Result>(_ body: (Connection) -> Result) -> Result {
        unsafe reference._withUnsafeGuaranteedRef(body)
    }
}

/// One accepted socket. It holds input only while a request is incomplete or waits for its turn, so an idle one costs
/// its fields and nothing else. What every request touches stands together, in two cache lines: with many connections
/// each line has to be fetched from memory.
final class Connection: ReadinessHandler {
    /// A request of which a part has arrived, as far as it is understood.
    private final class PartialRequest {
        private(set) var parser: RequestParser

        init(_ parser: RequestParser) { self.parser = parser }

        func exchange(_ other: inout RequestParser) { swap(&parser, &other) }
    }

    let descriptor: Int32
    private(set) var state = ConnectionState.idle
    /// In the resume queue: its input is handled in a later turn.
    private(set) var isQueued = false
    // What the answer to its last request depends on.
    private(set) var answersHead = false
    private var keepsAlive = true
    private(set) var isHTTP10 = false
    /// The kind that the handler gave its last request; see `RequestTimes`.
    private(set) var kind: UInt8 = 0
    /// The number of the request that the handler has or had last.
    private var exchange: UInt32 = 0
    private var interest = Interest.readable
    private let reader: RequestReader
    /// Its address in the table.
    private(set) var id = Token(slot: 0, generation: 0)
    private(set) var loopToken = Token(slot: 0, generation: 0)
    /// When the turn began in which its last request was read.
    private(set) var readAt = MonotonicInstant(nanoseconds: 0)

    private(set) var input: [UInt8] = []
    /// Nil in the usual case that a request arrives whole.
    private var partial: PartialRequest?
    private var output: [UInt8] = []
    private var outputSent = 0

    /// When it expires; nil while it has no deadline. The timer may be earlier, and is then set anew.
    private var deadline: MonotonicInstant?
    private var timer: Token?
    private var timerTime = MonotonicInstant(nanoseconds: 0)
    private var discarded = 0
    /// Called when its socket took all output of a stream; dropped when it closes.
    private var onDrained: (() -> Void)?
    /// Whoever wants to know when it closes before its request has the whole answer.
    private(set) var watcher: Token?

    init(descriptor: Int32, reader: RequestReader) {
        self.descriptor = descriptor
        self.reader = reader
    }

    func registered(as loopToken: Token) { self.loopToken = loopToken }

    func inserted(as id: Token) { self.id = id }

    func ready(_ readiness: Readiness) { reader.ready(self, readiness) }

    // MARK: Requests

    /// True when the next request may go to the handler.
    var mayRead: Bool { state.mayRead && !isBlocked }

    var hasHadRequests: Bool { exchange > 0 }

    /// True while the exchange waits for its answer.
    func awaits(_ exchange: ExchangeID) -> Bool {
        state == .answering && self.exchange == exchange.number && id == exchange.connection
    }

    /// True while the answer to the exchange is given in parts.
    func streams(_ exchange: ExchangeID) -> Bool {
        state == .streaming && self.exchange == exchange.number && id == exchange.connection
    }

    /// A part of a request has arrived. Returns what is missing from now on; nil where that is nothing new.
    func requestIncomplete(isHeadComplete: Bool) -> ConnectionState.Missing? {
        state.requestIncomplete(isHeadComplete: isHeadComplete)
    }

    /// A whole request goes to the handler, under the number that is returned.
    func requestArrived(at now: MonotonicInstant, isHead: Bool, keepsAlive: Bool, isHTTP10: Bool) -> ExchangeID {
        state.requestArrived()
        deadline = nil
        if partial != nil { partial = nil }
        exchange &+= 1
        kind = 0
        readAt = now
        (answersHead, self.keepsAlive, self.isHTTP10) = (isHead, keepsAlive, isHTTP10)
        return ExchangeID(connection: id, number: exchange)
    }

    func mark(_ kind: UInt8) { self.kind = kind }

    /// The end of the connection is to be reported while the exchange is open.
    func watched(by watcher: Token) {
        precondition(state == .answering || state == .streaming, "a connection without an open exchange is watched")
        self.watcher = watcher
    }

    /// Whether its answer is a stream that says little for a long time.
    var isEventStream: Bool { watcher != nil && state == .streaming }

    /// The handler has answered. Returns whether the connection is kept.
    @inline(__always)
    func answered(mayBeKept: Bool) -> Bool {
        let isKept = keepsAlive && mayBeKept
        if onDrained != nil { onDrained = nil }
        if watcher != nil { watcher = nil }
        state.answered(then: isKept ? nil : keepsAlive || !input.isEmpty ? .linger : .close)
        return isKept
    }

    /// The handler has given the head of an answer in parts. Returns whether the connection is to be kept after it.
    func streamBegan(mayBeKept: Bool, onDrained: (() -> Void)?) -> Bool {
        state.streamBegan()
        self.onDrained = onDrained
        if isHTTP10 { keepsAlive = false }  // its end is the end of the stream
        return keepsAlive && mayBeKept
    }

    /// All that was given of a stream was sent: returns what wants to know. The socket may stay idle until the next
    /// part comes.
    func takesMore() -> (() -> Void)? {
        guard state == .streaming else { return nil }
        deadline = nil
        return onDrained
    }

    func requestRefused() {
        state.requestRefused()
        input = []
        partial = nil
    }

    func drained() { state.drained() }

    /// Releases all that it holds. False where it was closed before.
    func closed(_ loop: EventLoop) -> Bool {
        guard state.closed() else { return false }
        if let timer { loop.cancel(timer) }
        (input, output, outputSent, partial, onDrained) = ([], [], 0, nil, nil)
        return true
    }

    // MARK: Input

    func queued() {
        precondition(!isQueued, "a connection is resumed once")
        isQueued = true
    }

    func unqueued() {
        precondition(isQueued, "a connection is resumed that was not queued")
        isQueued = false
    }

    /// Whether what was received behind its last request may become another one.
    var keepsInput: Bool { state.mayRead || state == .answering || state == .streaming }

    func keepInput(_ bytes: consuming [UInt8]) { input = bytes }

    func appendInput(_ bytes: UnsafeRawBufferPointer) { unsafe input.append(contentsOf: bytes) }

    func takeInput() -> [UInt8] {
        defer { input = [] }
        return input
    }

    /// Hands over what is understood of a request that arrived in part, in exchange for a fresh parser.
    func takeParser(_ parser: inout RequestParser) { if let partial { partial.exchange(&parser) } }

    /// Keeps what is understood so far, and hands over a fresh parser.
    func keepParser(_ parser: inout RequestParser) {
        if let partial {
            partial.exchange(&parser)
        } else {
            partial = PartialRequest(parser)
            parser.reset()
        }
    }

    /// Whether the request that arrived in part is a HEAD.
    var isPartOfHead: Bool { partial?.parser.head.method == .head }

    /// Memory that it holds beside its fields.
    var heldBytes: Int {
        input.capacity + output.capacity + (partial == nil ? 0 : MemoryLayout<RequestParser>.size)
    }

    /// Counts what was received after the last answer, and returns the sum.
    func discard(_ count: Int) -> Int {
        discarded += count
        return discarded
    }

    // MARK: Output

    /// Output waits for the socket.
    var isBlocked: Bool { outputSent < output.count }

    /// Keeps what the socket did not take; false, and nothing is kept, where that would be more than `limit`.
    func keepOutput(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        guard output.count - outputSent + bytes.count <= limit else { return false }
        unsafe output.append(contentsOf: bytes)
        return true
    }

    /// Gives what waits to `send`, which returns how much of it the socket took.
    func sendOutput(_ send: (UnsafeRawBufferPointer) -> Int) -> Int {
        let count = unsafe output.withUnsafeBytes { unsafe send(UnsafeRawBufferPointer(rebasing: $0[outputSent...])) }
        guard count > 0 else { return count }
        outputSent += count
        if !isBlocked { (output, outputSent) = ([], 0) }
        return count
    }

    func outputWasSent() -> ConnectionState.AfterOutput {
        precondition(!isBlocked, "output waits for the socket")
        let next = state.outputSent()
        if next == .linger { input = [] }
        return next
    }

    // MARK: What it waits for

    /// Has the kernel report what the connection needs next, after its input or output has moved.
    func awaitNext(_ loop: EventLoop, idleTimeout: TimeSpan) {
        let next = state.awaited(
            isBlocked: isBlocked, isQueued: isQueued, hasInput: !input.isEmpty, isWatched: watcher != nil)
        switch next {
        case .nothing: break
        case .writable: wait(for: .writable, loop)
        case .readable: wait(for: .readable, loop)
        case .request:
            setDeadline(loop.now + idleTimeout, loop)
            wait(for: .readable, loop)
        }
    }

    func wait(for interest: Interest, _ loop: EventLoop) {
        guard self.interest != interest, state != .closed else { return }
        self.interest = interest
        loop.modify(descriptor, token: loopToken, for: interest)
    }

    /// Sets when it expires. The timer moves only where it would be too late.
    func setDeadline(_ time: MonotonicInstant, _ loop: EventLoop) {
        deadline = time
        if let timer {
            guard time < timerTime else { return }
            loop.cancel(timer)
        }
        arm(time, loop)
    }

    private func arm(_ time: MonotonicInstant, _ loop: EventLoop) {
        timerTime = time
        timer = loop.schedule(at: time) { [unowned self, unowned loop] in timerFired(loop) }
    }

    private func timerFired(_ loop: EventLoop) {
        timer = nil
        guard let deadline else { return }
        if deadline > loop.now { arm(deadline, loop) } else { reader.expired(self) }
    }
}
