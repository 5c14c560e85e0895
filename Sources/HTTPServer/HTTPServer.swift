public import Base
public import EventLoop

// DESIGN
// Everything happens on one loop, in input batches: first the input of all connections that are ready is received, then
// all of it is parsed and handed out, then all answers are sent (ADR 0020). Input lies in one inbox of the reader, is
// parsed there; a connection gets a buffer of its own only for what is left over. Answers lie in one outbox of the
// sender; a connection gets a buffer of its own only for what the socket did not take. One send per readable event and
// one per deferred answer: in the usual case a request costs recv, send, and its share of a wait.
// Input is handed to handlers only from a readiness event or from the resume timer, never from `respond`, so an answer
// given inside a handler cannot start another handler, and each turn's output lies in one piece.
// Deadlines are absolute. A connection has at most one timer, which may fire too early rather than be moved.
// `ConnectionState` decides what a connection may do next; reader and sender do it.

/// An HTTP/1.1 server on one loop: strict, bounded, and without a thread of its own.
///
/// All of it belongs to the loop's thread. The loop keeps it and its handler alive until `close` or the end of a drain.
public final class HTTPServer {
    private let loop: EventLoop
    private let limits: ServerLimits
    private let listener: Listener
    private let table: ConnectionTable
    private let sender: ResponseSender
    private let reader: RequestReader
    private var drainTimer: Token?
    private var drainCompletion: (() -> Void)?

    /// Listens at once; requests come from the loop's next turn on.
    ///
    /// - Parameters:
    ///   - address: numeric IPv4 or IPv6.
    ///   - port: 0 lets the kernel choose.
    ///   - reusePort: several servers, one a loop, may share the port.
    public init(
        loop: EventLoop, address: String, port: UInt16, limits: ServerLimits, handler: any HTTPHandler, reusePort: Bool
    ) throws(SystemError) {
        self.loop = loop
        self.limits = limits
        table = ConnectionTable(loop: loop, limit: limits.connections)
        let resumable = ResumeQueue(loop: loop)
        sender = ResponseSender(loop: loop, limits: limits, table: table, resumable: resumable)
        reader = RequestReader(loop: loop, limits: limits, table: table, sender: sender, handler: handler)
        listener = try Listener(
            loop: loop, address: address, port: port, reusePort: reusePort, pause: limits.acceptPause)
        resumable.onDue = { [unowned reader] in reader.resume($0) }
        listener.onAccept = { [self] descriptor in
            let connection = table.insert(descriptor, reader: reader)
            connection?.setDeadline(loop.now + limits.idleTimeout, loop)
        }
    }

    /// The port it listens on, also where the kernel chose it.
    public var port: UInt16 { listener.port }

    public var statistics: ServerStatistics {
        var current = sender.counters
        current.connectionsOpen = table.count
        current.connectionsAccepted = table.accepted
        current.connectionsRefused = table.refused
        current.acceptPauses = listener.pauses
        current.requests = reader.requests
        current.bytesIn = reader.bytesIn
        return current
    }

    var connections: [Connection] { table.all }

    // MARK: Answers

    /// Answers an exchange. `build` fills the server's response and must not answer another exchange meanwhile.
    ///
    /// - Returns: false when the exchange was answered before or its connection has gone; `build` is then not called.
    @discardableResult
    public func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        sender.respond(to: exchange, build)
    }

    /// What became of a part of an answer.
    public enum StreamProgress: Sendable {
        /// The next part may follow.
        case sent
        /// The client reads slower than that: the next part waits for `onDrained`.
        case blocked
        /// The connection has gone.
        case gone
    }

    /// Answers an exchange with a body in parts, for what is longer than memory should hold. `sendPart` sends them.
    ///
    /// - Parameter onDrained: called when the client has taken all that was blocked; dropped with the connection.
    /// - Returns: false when no part is to follow: the exchange was answered before, its connection has gone, or only
    ///   the head was requested.
    public func stream(
        to exchange: ExchangeID, onDrained: @escaping () -> Void, _ build: (inout Response) -> Void
    ) -> Bool {
        sender.stream(to: exchange, onDrained: onDrained, build)
    }

    /// The same for an answer that says little for a long time: its backlog is small, and a reader who lets it stand is
    /// dropped. What `build` puts into the body is its first part. To be watched (`watch`).
    ///
    /// - Returns: false when no part is to follow.
    public func streamEvents(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        sender.streamEvents(to: exchange, build)
    }

    /// Has `onLeft` called with `watcher` if the connection ends before the exchange is answered whole: for answers
    /// that are long in coming. A client that closes its end has left.
    ///
    /// - Returns: false when the exchange was answered before or its connection has gone.
    @discardableResult
    public func watch(_ exchange: ExchangeID, by watcher: Token) -> Bool {
        table.watch(exchange, by: watcher, loop)
    }

    /// See `watch`. Called at any moment, also within `respond` and `sendPart`.
    public var onLeft: (Token) -> Void {
        get { table.onLeft }
        set { table.onLeft = newValue }
    }

    /// Sends a part of an answer; `reset` ends one that can't be completed, so that its client notices.
    public func sendPart(
        of exchange: ExchangeID, isLast: Bool, _ build: (inout ByteBuffer) -> Void
    ) -> StreamProgress {
        sender.sendPart(of: exchange, isLast: isLast, build)
    }

    /// Sends the answers that are given within `body` at its end, in a row. What the kernel does for one of them drives
    /// our instructions out of the nearest caches, so a step for many in a row costs less than all steps for each.
    public func together(_ body: () -> Void) { sender.together(body) }

    /// Ends an exchange without an answer, and its connection with a reset. For servers that rehearse failures.
    ///
    /// - Returns: false when the exchange was answered before or its connection has gone.
    @discardableResult
    public func reset(_ exchange: ExchangeID) -> Bool { table.reset(exchange) }

    /// True while the exchange waits for its answer and its connection stands, as far as is known.
    public func isOpen(_ exchange: ExchangeID) -> Bool { table.waiting(exchange) != nil }

    /// Has an exchange's connection fetched from memory: for an answer that comes soon, while others are written.
    public func prefetch(_ exchange: ExchangeID) { table.prefetch(exchange) }

    /// The client of a request; costs a system call, so it is not for every request. Nil when the exchange has ended.
    public func peer(of exchange: ExchangeID) -> Peer? {
        table.waiting(exchange).flatMap { $0.use { Peer(descriptor: $0.descriptor) } }
    }

    // MARK: Times

    /// How long its answers took.
    public var times: RequestTimes { sender.times }

    /// Gives the request that the handler has its kind, `1..<RequestTimes.kinds`; 0 stands for none.
    @inline(__always)
    public func mark(_ kind: UInt8) { sender.mark(kind) }

    /// From now on the times of answers are measured as well; `turnEnded` must follow each turn.
    public func measureTimes() { sender.measureTimes() }

    /// The turn of the loop has ended.
    public func turnEnded() { sender.turnEnded() }

    // MARK: The end

    /// Ends the server in good order: stops accepting, closes idle connections, lets open requests be answered with
    /// `Connection: close`, then calls `completion` once, in a later turn.
    ///
    /// - Parameter deadline: what is still open then is closed at once.
    public func drain(deadline: MonotonicInstant, completion: @escaping () -> Void) {
        precondition(drainTimer == nil, "a server drains once")
        listener.close()
        sender.drain()
        drainCompletion = completion
        table.onEmpty = { [self] in finishDrain() }
        drainTimer = loop.schedule(at: deadline) { [weak self] in self?.closeConnections() }
        // In a turn of its own, because a handler may have called this.
        loop.schedule(at: loop.now) { [self] in
            let idle = table.all.filter { $0.state == .idle && !$0.isBlocked }
            for connection in idle { reader.drain(connection) }
            if table.count == 0 { finishDrain() }
        }
    }

    /// Releases everything at once: the port, all connections, the handler.
    public func close() {
        listener.close()
        closeConnections()
        reader.close()
    }

    private func closeConnections() { for connection in table.all { table.close(connection) } }

    private func finishDrain() {
        guard let completion = drainCompletion else { return }
        drainCompletion = nil
        table.onEmpty = {}
        reader.close()
        if let drainTimer { loop.cancel(drainTimer) }
        loop.schedule(at: loop.now) { completion() }
    }
}
