import Base
import EventLoop
import Glibc

/// The open connections of a server.
final class ConnectionTable {
    /// What may hold connections without counting references.
    enum Holder { case input, output }

    private let loop: EventLoop
    private let limit: Int
    private var connections = Slab<Connection>()
    private var isInputHeld = false
    private var isOutputHeld = false
    /// Closed while a batch may still hold them.
    private var departed: [Connection] = []
    private(set) var accepted: UInt64 = 0
    private var closed: UInt64 = 0
    private(set) var refused: UInt64 = 0
    /// The last connection was closed.
    var onEmpty: () -> Void = {}
    /// A watched connection was closed before its request had the whole answer.
    var onLeft: (Token) -> Void = { _ in }

    init(loop: EventLoop, limit: Int) {
        self.loop = loop
        self.limit = limit
    }

    var count: Int { connections.count }

    /// Takes an accepted socket over; nil where there are too many.
    func insert(_ descriptor: Int32, reader: RequestReader) -> Connection? {
        guard connections.count < limit else { return refuse(descriptor) }
        let connection = Connection(descriptor: descriptor, reader: reader)
        do {
            connection.registered(as: try loop.register(descriptor, for: .readable, handler: connection))
        } catch {
            return refuse(descriptor)
        }
        accepted += 1
        connection.inserted(as: connections.insert(connection))
        checkCounts()
        return connection
    }

    private func refuse(_ descriptor: Int32) -> Connection? {
        refused += 1
        Glibc.close(descriptor)
        return nil
    }

    /// Closes a connection at once; its open exchange gets no answer.
    func close(_ connection: Connection) {
        let watcher = connection.watcher
        guard connection.closed(loop) else { return }
        loop.deregister(connection.descriptor, token: connection.loopToken)
        Glibc.close(connection.descriptor)
        if isInputHeld || isOutputHeld { departed.append(connection) }
        connections.remove(connection.id)
        closed += 1
        checkCounts()
        if let watcher { onLeft(watcher) }
        if connections.count == 0 { onEmpty() }
    }

    private func checkCounts() {
        assert(accepted == closed + UInt64(connections.count), "what was accepted is open or closed")
    }

    /// Ends an exchange without an answer, and its connection with a reset. False where it has an answer or is gone.
    func reset(_ exchange: ExchangeID) -> Bool {
        guard let connection = connections[exchange.connection],
            connection.awaits(exchange) || connection.streams(exchange)
        else { return false }
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
        close(connection)
        return true
    }

    var all: [Connection] {
        var all: [Connection] = []
        connections.forEach { all.append($1) }
        return all
    }

    /// The connection of an exchange that has no answer yet.
    func waiting(_ exchange: ExchangeID) -> HeldConnection? {
        guard let connection = HeldConnection(exchange.connection, in: connections),
            connection.use({ $0.awaits(exchange) })
        else { return nil }
        return connection
    }

    /// The connection of an exchange whose answer is given in parts.
    func streaming(_ exchange: ExchangeID) -> HeldConnection? {
        guard let connection = HeldConnection(exchange.connection, in: connections),
            connection.use({ $0.streams(exchange) })
        else { return nil }
        return connection
    }

    /// See `HTTPServer.watch`.
    func watch(_ exchange: ExchangeID, by watcher: Token, _ loop: EventLoop) -> Bool {
        guard let connection = waiting(exchange) ?? streaming(exchange) else { return false }
        connection.use { connection in
            connection.watched(by: watcher)
            if !connection.isBlocked { connection.wait(for: .readable, loop) }
        }
        return true
    }

    /// Has the connection of an exchange fetched from memory.
    func prefetch(_ exchange: ExchangeID) { connections.prefetch(exchange.connection, lines: 3) }

    // MARK: Batches

    /// A batch holds connections from now on: closed ones stay in memory until both holders have released them.
    func hold(_ holder: Holder) {
        switch holder {
        case .input: isInputHeld = true
        case .output: isOutputHeld = true
        }
    }

    func release(_ holder: Holder) {
        switch holder {
        case .input: isInputHeld = false
        case .output: isOutputHeld = false
        }
        if !departed.isEmpty, !isInputHeld, !isOutputHeld { departed.removeAll() }
    }
}
