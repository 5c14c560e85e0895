import Base
import CLinux
public import EventLoop
import Glibc

// DESIGN
// Everything happens on one loop, in rounds: first the input of all connections that are ready is received, then all of
// it is understood and handed out, then all answers are sent (ADR 0020). Input lies in one inbox of the server and is
// parsed there; a connection gets a buffer of its own only for what is left over. Answers lie in one outbox; a
// connection gets a buffer of its own only for what the socket did not take. One send per readable event and one per
// deferred answer: in the usual case a request costs recv, send, and its share of a wait.
// Input is handed to handlers only from a readiness event or from the resume timer, never from `respond`, so an answer
// given inside a handler cannot start another handler, and each turn's output lies in one piece.
// Deadlines are absolute, and a connection has at most one timer, which is left too early rather than moved.

/// An HTTP/1.1 server on one loop: strict, bounded, and without a thread of its own.
///
/// All of it belongs to the loop's thread. The loop keeps it and its handler alive until `close` or the end of a drain.
public final class HTTPServer {
    static let readSize = 16 * 1024
    static let flushSize = 32 * 1024
    /// The connections of a round: so few that their input and answers stay in the nearest cache.
    static let roundSize = 32

    let loop: EventLoop
    let limits: ServerLimits
    var handler: (any HTTPHandler)?
    let listener: Listener
    var connections = Slab<Connection>()
    var counters = ServerStatistics()
    /// What its answers took.
    public internal(set) var times = RequestTimes()

    var inbox = Inbox(share: HTTPServer.readSize)
    /// Of the request being read; fresh between requests. What came in part lies with its connection meanwhile.
    var parser: RequestParser
    var outbox = Outbox(capacity: 2 * HTTPServer.flushSize)
    /// Within `together`: answers wait for its end.
    var isTogether = false
    var response = Response()
    var date = DateField()
    /// The connection whose requests are being handed out; its answers wait for the end of that.
    var handling: HeldConnection?
    /// Closed while a round may still hold them.
    var departed: [Connection] = []
    var resumable: [Connection] = []
    var isResumeScheduled = false

    var isDraining = false
    var drainTimer: Token?
    var drainCompletion: (() -> Void)?

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
        self.handler = handler
        parser = RequestParser(limits: limits.request)
        listener = try Listener(
            loop: loop, address: address, port: port, reusePort: reusePort, pause: limits.acceptPause)
        listener.onAccept = { [self] in accept($0) }
    }

    /// The port it listens on, also where the kernel chose it.
    public var port: UInt16 { listener.port }

    public var statistics: ServerStatistics {
        var current = counters
        current.connectionsOpen = connections.count
        current.acceptPauses = listener.pauses
        return current
    }

    /// True while the exchange waits for its answer and its connection stands, as far as is known.
    public func isOpen(_ exchange: ExchangeID) -> Bool { waiting(exchange) != nil }

    /// Has an exchange's connection fetched from memory: for an answer that comes soon, while others are written.
    public func prefetch(_ exchange: ExchangeID) { connections.prefetch(exchange.connection, lines: 3) }

    func waiting(_ exchange: ExchangeID) -> HeldConnection? {
        guard let connection = HeldConnection(exchange.connection, in: connections),
            connection.use({ $0.awaits(exchange) })
        else { return nil }
        return connection
    }

    private func accept(_ descriptor: Int32) {
        guard connections.count < limits.connections else {
            counters.connectionsRefused += 1
            Glibc.close(descriptor)
            return
        }
        let connection = Connection(descriptor: descriptor, server: self)
        do {
            connection.loopToken = try loop.register(descriptor, for: .readable, handler: connection)
        } catch {
            counters.connectionsRefused += 1
            Glibc.close(descriptor)
            return
        }
        counters.connectionsAccepted += 1
        connection.id = connections.insert(connection)
        setDeadline(connection, loop.now + limits.idleTimeout)
    }

    /// Lets go of a connection at once; its open exchange is dropped in silence.
    func close(_ connection: Connection) {
        guard !connection.isClosed else { return }
        connection.isClosed = true
        loop.deregister(connection.descriptor, token: connection.loopToken)
        Glibc.close(connection.descriptor)
        if let timer = connection.timer { loop.cancel(timer) }
        connection.input = []
        connection.output = []
        connection.partial = nil
        if !inbox.pieces.isEmpty || !outbox.pieces.isEmpty { departed.append(connection) }
        connections.remove(connection.id)
        finishDrainIfEmpty()
    }

    func setInterest(_ connection: Connection, _ interest: Interest) {
        guard connection.interest != interest, !connection.isClosed else { return }
        connection.interest = interest
        loop.modify(connection.descriptor, token: connection.loopToken, for: interest)
    }
}
